#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>

#include "demo/process.h"

namespace wardbook::demo {

/// Where PostgreSQL's programs are (Debian's folder for version 15, a newer one, or what pg_config
/// names); for a folder that holds a cluster, those of its own major version.
/// Throws std::runtime_error if there is none.
std::filesystem::path find_postgres(const std::filesystem::path& data_folder);

/// The folder for the server's socket: `FOLDER/run`, or, where that cannot be a socket's
/// address (too long, a comma), one under /run or /tmp that is named after the folder and the user.
std::filesystem::path socket_folder(const std::filesystem::path& folder);

/// Throws std::runtime_error with one clear line if the server's user cannot get into `folder`.
void require_reachable(const std::filesystem::path& folder);

/// A private PostgreSQL server on a Unix socket, its files in `FOLDER/postgres`, under an
/// unprivileged user if we are root. The caller holds the folder's lock. It ends with the object,
/// and by itself, in order, if this process is killed; the next start ends what is left then.
class Cluster {
 public:
  struct Options {
    std::filesystem::path folder;  ///< absolute, exists, reachable for the server's user
    std::string superuser_password;
    bool sync_new = true;  ///< a new cluster is on disk before it is used; tests do without
  };

  /// Makes the cluster if there is none and waits until it answers. Fails with std::runtime_error,
  /// one clear line, or Interrupted.
  explicit Cluster(Options options);
  ~Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  /// Fast shutdown: sessions are cut off, everything committed is on disk. Waits. Done at most
  /// once.
  void stop() noexcept;

  /// Whether this start made the cluster.
  [[nodiscard]] bool is_new() const { return is_new_; }
  [[nodiscard]] const std::filesystem::path& socket() const { return socket_; }
  [[nodiscard]] pid_t pid() const { return server_; }
  /// A libpq connection string for `user` on `database`.
  [[nodiscard]] std::string conninfo(const std::string& database, const std::string& user,
                                     const std::string& password) const;

  static constexpr const char* kSuperuser = "wardbook_root";
  static constexpr const char* kPort = "5432";

 private:
  void end_leftovers() const;
  void make_cluster();
  void prepare_socket_folder() const;
  void write_configuration() const;
  void start_server();
  void give(const std::filesystem::path& path) const;

  Options options_;
  std::optional<UnixUser> user_;
  std::filesystem::path programs_;
  std::filesystem::path data_;
  std::filesystem::path socket_;
  pid_t server_ = -1;
  bool is_new_ = false;
};

}  // namespace wardbook::demo
