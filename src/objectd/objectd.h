#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/task.h"
#include "net/server.h"

/// The built-in object store: an S3 server over a folder, for the demo and for small houses. It
/// speaks the protocol that docs/object-store.md lists; path-style addressing, one access key.
///
/// How the demo uses it: a thread of its own with its own io_context,
///
///   boost::asio::io_context reactor;
///   objectd::ObjectStore store(reactor, options, clock);   // throws if it cannot start
///   store.start();
///   std::thread thread([&] { reactor.run(); });
///   …
///   co_spawn(reactor, store.drain(10s), detached);         // run() returns when it has drained
///   thread.join();
///
/// It may as well share the service's reactor: nothing in it blocks, files are read and written by
/// `Options::threads` threads of its own.
namespace wardbook::objectd {

struct Options {
  std::filesystem::path root;  ///< made where there is none; one process at a time
  std::string host = "127.0.0.1";
  std::uint16_t port = 9000;  ///< 0: any free one, see ObjectStore::port
  std::string access_key;
  std::string secret_key;
  std::string region = "us-east-1";
  /// Browsers' origins ("http://127.0.0.1:8080") that may use the store; "*": any. Without one of
  /// them CORS is refused.
  std::vector<std::string> allowed_origins;
  std::vector<std::string> buckets;  ///< made at start where they are missing
  /// Does without the journal if it is lost: the files that there are, are taken for the last ones.
  bool adopt = false;
  std::size_t threads = 8;  ///< for files; most of them wait for the disk
  /// So many transfers at a time get large pieces, half a MiB of memory each; more go on with small
  /// ones.
  std::size_t transfers = 256;
  std::chrono::milliseconds lifecycle_every{600'000};  ///< how often buckets' rules are obeyed
  net::Limits limits;  ///< of connections; header_bytes is 32 KiB whatever it says
  std::vector<AddressRange> trusted_proxies;
};

class ObjectStore {
 public:
  /// Opens the folder and listens at once. Throws std::runtime_error with one clear line if it
  /// cannot (address in use, folder in use, master key missing or another). `clock` must outlive
  /// it, and so must `reactor`.
  ObjectStore(boost::asio::io_context& reactor, Options options, const Clock& clock);
  /// Waits for files being written. Destroy it only when `reactor` runs no more.
  ~ObjectStore();
  ObjectStore(const ObjectStore&) = delete;
  ObjectStore& operator=(const ObjectStore&) = delete;

  /// Accepts until `drain`.
  void start();
  /// Accepts no more; returns when the requests in flight are done or `timeout` has passed.
  [[nodiscard]] Task<> drain(std::chrono::milliseconds timeout);
  /// Closes every connection now.
  void abort();

  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] std::size_t requests_in_flight() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace wardbook::objectd
