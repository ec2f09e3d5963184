#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace wardbook::demo {

/// Replaces `path` with `text`, mode 0600, whole or not at all, also across a crash.
/// Throws std::runtime_error naming the file.
void write_private(const std::filesystem::path& path, std::string_view text);

/// Makes the file, if there is none, and sees to it that its mode is 0600. Throws as write_private.
void make_private(const std::filesystem::path& path);

/// The file's text; empty if there is no such file. Throws std::runtime_error if it cannot be read.
std::string read_text(const std::filesystem::path& path);

/// `text` as one word of a POSIX shell.
std::string shell_quoted(std::string_view text);

/// A name and a value a line, `NAME='value'`, for `set -a; . FILE`.
std::string env_file(const std::map<std::string, std::string>& values);

/// Holds a folder for this process: an flock on `FOLDER/lock`, gone with the process whatever ends
/// it. Throws std::runtime_error with one clear line, naming the other's pid, if it is held.
class FolderLock {
 public:
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int fd_;
};

/// What the demo invented once and keeps: passwords, keys, the day its data end. `FOLDER/secrets`,
/// mode 0600, lines of `name=value`.
class Keepsakes {
 public:
  explicit Keepsakes(std::filesystem::path file);
  /// The value kept under `name`; if there is none, `fresh` is kept and returned.
  std::string keep(const std::string& name, const std::string& fresh);
  void set(const std::string& name, const std::string& value);
  [[nodiscard]] std::string get(const std::string& name) const;

 private:
  std::filesystem::path file_;
  std::map<std::string, std::string> values_;
};

/// Of the passwords that only programs read.
inline constexpr std::size_t kPasswordLength = 32;
/// `length` characters of [a-z0-9] from the system's generator, without those that are misread
/// (0 o, 1 l i).
std::string random_word(std::size_t length);
/// A password to be read off a screen: four groups of four, such as `k7pm-x3vr-9wtd-4hqz`.
std::string readable_password();

}  // namespace wardbook::demo
