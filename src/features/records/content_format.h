#pragma once

#include <span>
#include <string>
#include <vector>

#include "features/records/records.h"

namespace wardbook::records {

/// How what a version says becomes bytes. Written once and never changed: hashes that were made
/// with it are to hold for ever. What shall say something else gets another number.
struct ContentFormat {
  int number = 0;
  std::string (*write)(const RecordInput& data, const std::vector<Diagnosis>& diagnoses) = nullptr;
};

/// What new versions have.
[[nodiscard]] int newest_content_format();
[[nodiscard]] bool knows_content_format(int number);
/// By the writer of the format. Fails with internal for a number that this program does not know.
[[nodiscard]] std::string canonical(const RecordInput& data,
                                    const std::vector<Diagnosis>& diagnoses, int content_format);

/// For tests: as long as it lives these are the formats of this program, the last one for new
/// versions.
class OtherFormats {
 public:
  explicit OtherFormats(std::span<const ContentFormat> formats);
  ~OtherFormats();
  OtherFormats(const OtherFormats&) = delete;
  OtherFormats& operator=(const OtherFormats&) = delete;

 private:
  std::span<const ContentFormat> before_;
};

}  // namespace wardbook::records
