#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace wardbook {

/// A file that was built into the program (cmake/embed.cmake): its path below the embedding root,
/// and its bytes, which live as long as the program.
struct EmbeddedFile {
  std::string_view path;
  std::string_view bytes;
};

}  // namespace wardbook
