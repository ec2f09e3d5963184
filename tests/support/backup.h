#pragma once

#include <string>
#include <vector>

#include "support/clinic.h"

namespace wardbook::testing {

/// Tables as they were, to be put back by somebody whom no trigger stops.
class Backup {
 public:
  Backup(db::SyncConnection& intruder, const Clinic& clinic, const std::vector<std::string>& tables)
      : intruder_(intruder) {
    for (const auto& table : tables) {
      const std::string name = clinic.in(table);
      const std::string columns =
          intruder
              .value(
                  "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute"
                  " WHERE attrelid = '" +
                  name + "'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''")
              .value();
      intruder.script("CREATE TEMP TABLE kept_" + table + " AS SELECT " + columns + " FROM " +
                      name);
      put_back_ += "DELETE FROM " + name + "; INSERT INTO " + name + " (" + columns +
                   ") OVERRIDING SYSTEM VALUE SELECT * FROM kept_" + table + "; ";
    }
  }
  void put_back() { intruder_.script(put_back_); }

 private:
  db::SyncConnection& intruder_;
  std::string put_back_;
};

}  // namespace wardbook::testing
