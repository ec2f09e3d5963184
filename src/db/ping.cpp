#include "db/ping.h"

#include <libpq-fe.h>

namespace wardbook::db {

bool server_accepts(const std::string& conninfo) {
  return PQping(conninfo.c_str()) == PQPING_OK;
}

}  // namespace wardbook::db
