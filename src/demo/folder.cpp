#include "demo/folder.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>

namespace wardbook::demo {

namespace fs = std::filesystem;

fs::path prepare_folder(const fs::path& wanted) {
  const bool root = geteuid() == 0;
  const fs::path chosen = !wanted.empty() ? wanted
                          : root          ? fs::path("/var/lib/wardbook/demo")
                                          : fs::path("var/demo");
  fs::path path;
  for (const fs::path& part : fs::absolute(chosen).lexically_normal()) {
    path /= part;
    if (part.empty() || mkdir(path.c_str(), 0700) != 0) {
      if (part.empty() || errno == EEXIST) continue;
      throw std::runtime_error("cannot make " + path.string() + ": " + std::strerror(errno));
    }
    // Only its name can be used by others, not its list: the database's user has to get through.
    if (root && chmod(path.c_str(), 0711) != 0) {
      throw std::runtime_error("cannot make " + path.string() + ": " + std::strerror(errno));
    }
  }
  std::error_code failed;
  const fs::path folder = fs::canonical(path, failed);
  if (failed || !fs::is_directory(folder)) {
    throw std::runtime_error("cannot use " + chosen.string() + ": it is not a folder");
  }
  if (access(folder.c_str(), W_OK | X_OK) != 0) {
    throw std::runtime_error("cannot write in " + folder.string() + ": " + std::strerror(errno));
  }
  return folder;
}

}  // namespace wardbook::demo
