#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

/// Files with durability spelt out. Everything here blocks; all failures but those named are
/// std::system_error with the path in the text.
namespace wardbook::objectd {

/// An open file; closed with its owner.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() { reset(); }
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] explicit operator bool() const noexcept { return fd_ >= 0; }
  void reset() noexcept;

 private:
  int fd_ = -1;
};

namespace fs {

using Path = std::filesystem::path;

/// nullopt if there is no such file.
[[nodiscard]] std::optional<Fd> open_existing(const Path& path);
/// A new file, 0600; fails if the name is taken.
[[nodiscard]] Fd create(const Path& path);
void write_all(const Fd& fd, std::string_view bytes);
/// Takes the room on the disk for the first `bytes`, without making the file longer, where the file
/// system can.
void reserve(const Fd& fd, std::uint64_t bytes);
/// Reads up to `out.size()` bytes at `offset`; fewer only at the file's end.
[[nodiscard]] std::size_t read_at(const Fd& fd, std::uint64_t offset, std::span<char> out);
[[nodiscard]] std::uint64_t size(const Fd& fd);
/// Data and what is needed to read it are on the disk when it returns.
void sync(const Fd& fd);
void sync_folder(const Path& folder);
/// Replaces `to`, if it exists, in one step.
void rename(const Path& from, const Path& to);
/// False if there was nothing to remove.
bool remove(const Path& path);
/// 0700; false if it was there.
bool make_folder(const Path& path);

/// The same, cheap where it is there already.
bool make_folder_once(const Path& path);

/// nullopt if there is no such file; fails above `limit`.
[[nodiscard]] std::optional<std::string> read_file(const Path& path, std::size_t limit);
/// Temporary file, fsync, rename, fsync of the folder: afterwards the file has the old or the new
/// content, whatever happens.
void write_file_durably(const Path& path, std::string_view content);

}  // namespace fs
}  // namespace wardbook::objectd
