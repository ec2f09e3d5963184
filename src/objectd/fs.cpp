#include "objectd/fs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "base/hash.h"

namespace wardbook::objectd {

void Fd::reset() noexcept {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

namespace fs {
namespace {

[[noreturn]] void fail(const char* what, const Path& path = {}) {
  const int error = errno;
  throw std::system_error(error, std::generic_category(),
                          path.empty() ? std::string(what) : what + (" " + path.string()));
}

}  // namespace

std::optional<Fd> open_existing(const Path& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (fd) return fd;
  if (errno == ENOENT) return std::nullopt;
  fail("open", path);
}

Fd create(const Path& path) {
  Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd) fail("create", path);
  return fd;
}

void write_all(const Fd& fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(fd.get(), bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      fail("write");
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void reserve(const Fd& fd, std::uint64_t bytes) {
  if (::fallocate(fd.get(), FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(bytes)) == 0) return;
  if (errno == EOPNOTSUPP || errno == ENOSYS || errno == EINTR) return;
  fail("fallocate");
}

std::size_t read_at(const Fd& fd, std::uint64_t offset, std::span<char> out) {
  std::size_t done = 0;
  while (done < out.size()) {
    const auto got =
        ::pread(fd.get(), out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (got < 0) {
      if (errno == EINTR) continue;
      fail("read");
    }
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

std::uint64_t size(const Fd& fd) {
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) fail("stat");
  return static_cast<std::uint64_t>(info.st_size);
}

void sync(const Fd& fd) {
  if (::fdatasync(fd.get()) != 0) fail("fdatasync");
}

void sync_folder(const Path& folder) {
  Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) fail("open", folder);
  if (::fsync(fd.get()) != 0) fail("fsync", folder);
}

void rename(const Path& from, const Path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) fail("rename", to);
}

bool remove(const Path& path) {
  if (::unlink(path.c_str()) == 0) return true;
  if (errno == ENOENT) return false;
  fail("unlink", path);
}

bool make_folder(const Path& path) {
  if (::mkdir(path.c_str(), 0700) == 0) return true;
  if (errno == EEXIST) return false;
  fail("mkdir", path);
}

bool make_folder_once(const Path& path) {
  return ::access(path.c_str(), F_OK) != 0 && make_folder(path);
}

std::optional<std::string> read_file(const Path& path, std::size_t limit) {
  const auto fd = open_existing(path);
  if (!fd) return std::nullopt;
  const auto length = size(*fd);
  if (length > limit) {
    errno = EFBIG;
    fail("read", path);
  }
  std::string out(length, '\0');
  out.resize(read_at(*fd, 0, out));
  return out;
}

void write_file_durably(const Path& path, std::string_view content) {
  const Path temporary = path.string() + ".new-" + to_hex(random_bytes(8));
  try {
    const Fd fd = create(temporary);
    write_all(fd, content);
    sync(fd);
    fs::rename(temporary, path);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  sync_folder(path.parent_path());
}

}  // namespace fs
}  // namespace wardbook::objectd
