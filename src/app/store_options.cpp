#include "app/store_options.h"

namespace wardbook::app {

s3::StoreOptions store_options(const Settings::Storage& storage) {
  s3::StoreOptions options;
  options.endpoint = storage.endpoint;
  options.public_endpoint = storage.public_endpoint;
  options.region = storage.region;
  options.bucket = storage.bucket;
  options.access_key = storage.access_key;
  options.secret_key = storage.secret_key;
  options.path_style = storage.path_style;
  options.response_timeout = storage.timeout;
  options.io_timeout = storage.timeout;
  options.deadline = 2 * storage.timeout;
  // Every key begins with its hospital (attachments::object_key).
  options.owner_of = [](std::string_view key) { return std::string(key.substr(0, key.find('/'))); };
  return options;
}

}  // namespace wardbook::app
