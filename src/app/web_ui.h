#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "api/request.h"
#include "base/embedded.h"
#include "base/settings.h"

namespace wardbook::app {

/// The object store's origin as browsers reach it by presigned URLs; empty where no store is named.
[[nodiscard]] std::string store_origin(const Settings::Storage& storage);

/// The web UI as it was built in: an index page, and files below /assets/ whose names hold a hash
/// of their content. Beside a file may lie what gzip (`.gz`) and brotli (`.br`) made of it.
class WebUi {
 public:
  WebUi() = default;
  /// `files` live as long as the program. Pages may fetch from the object store that `settings`
  /// name.
  WebUi(std::span<const EmbeddedFile> files, const Settings& settings);

  /// The answer to a GET of one of its files, or, where a browser asks for a page, the index page:
  /// the UI's own router does the rest. nullopt for all that belongs to others, and without a UI.
  [[nodiscard]] std::optional<api::Response> answer(const net::RequestHead& head) const;

 private:
  struct Variant {
    std::string_view bytes;
    std::string etag;
  };
  struct File {
    std::string_view type;
    bool worker = false;
    std::map<std::string, Variant, std::less<>> variants;  ///< by coding; "" is the file as it is
  };
  [[nodiscard]] api::Response index(const net::RequestHead& head) const;
  [[nodiscard]] api::Response file(const File& file, const net::RequestHead& head) const;

  std::map<std::string, File, std::less<>> files_;
  std::string page_policy_;
  std::string worker_policy_;
};

/// The files that were built in; none in a program that was built without the UI.
[[nodiscard]] std::span<const EmbeddedFile> built_in_web();

}  // namespace wardbook::app
