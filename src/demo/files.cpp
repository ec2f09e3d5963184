#include "demo/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>

#include "base/hash.h"

namespace wardbook::demo {
namespace {

namespace fs = std::filesystem;

std::runtime_error cannot(const std::string& verb, const fs::path& path, int error) {
  return std::runtime_error("cannot " + verb + " " + path.string() + ": " + std::strerror(error));
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

}  // namespace

void write_private(const fs::path& path, std::string_view text) {
  const fs::path fresh = path.string() + ".new";
  std::error_code ignored;
  fs::remove(fresh, ignored);
  const int fd = open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) throw cannot("write", fresh, errno);
  const bool written = write_all(fd, text) && fsync(fd) == 0;
  const int error = errno;
  close(fd);
  if (!written) throw cannot("write", fresh, error);
  if (rename(fresh.c_str(), path.c_str()) != 0) throw cannot("write", path, errno);
  const int folder = open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder >= 0) {
    fsync(folder);
    close(folder);
  }
}

void make_private(const fs::path& path) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) throw cannot("write", path, errno);
  const bool done = fchmod(fd, 0600) == 0;
  const int error = errno;
  close(fd);
  if (!done) throw cannot("protect", path, error);
}

std::string read_text(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    if (!fs::exists(path)) return {};
    throw cannot("read", path, errno);
  }
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string shell_quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

std::string env_file(const std::map<std::string, std::string>& values) {
  std::string text;
  for (const auto& [name, value] : values) text += name + "=" + shell_quoted(value) + "\n";
  return text;
}

FolderLock::FolderLock(const fs::path& folder) {
  const fs::path path = folder / "lock";
  fd_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd_ < 0) throw cannot("write", path, errno);
  // One that was just killed may take a moment to go.
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  int held = flock(fd_, LOCK_EX | LOCK_NB);
  while (held != 0 && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    held = flock(fd_, LOCK_EX | LOCK_NB);
  }
  if (held != 0) {
    std::string pid = read_text(path);
    while (!pid.empty() && pid.back() == '\n') pid.pop_back();
    close(fd_);
    throw std::runtime_error("another wardbook demo (pid " + pid + ") is running on " +
                             folder.string());
  }
  const std::string pid = std::to_string(getpid()) + "\n";
  if (ftruncate(fd_, 0) != 0 || pwrite(fd_, pid.data(), pid.size(), 0) < 0) {
    const int error = errno;
    close(fd_);
    throw cannot("write", path, error);
  }
}

FolderLock::~FolderLock() {
  close(fd_);
}

Keepsakes::Keepsakes(fs::path file) : file_(std::move(file)) {
  std::istringstream lines(read_text(file_));
  std::string line;
  while (std::getline(lines, line)) {
    const auto equals = line.find('=');
    if (equals != std::string::npos) values_[line.substr(0, equals)] = line.substr(equals + 1);
  }
}

std::string Keepsakes::keep(const std::string& name, const std::string& fresh) {
  if (!values_.contains(name)) set(name, fresh);
  return values_.at(name);
}

void Keepsakes::set(const std::string& name, const std::string& value) {
  values_[name] = value;
  std::string text;
  for (const auto& [key, kept] : values_) text += key + "=" + kept + "\n";
  write_private(file_, text);
}

std::string Keepsakes::get(const std::string& name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::string{} : found->second;
}

std::string random_word(std::size_t length) {
  static constexpr std::string_view kLetters = "abcdefghjkmnpqrstuvwxyz23456789";
  std::string word;
  while (word.size() < length) {
    for (const char byte : random_bytes(length)) {
      const auto value = static_cast<unsigned char>(byte);
      // Whole multiples of the alphabet only, so that every letter is as likely.
      if (value < 256 / kLetters.size() * kLetters.size() && word.size() < length) {
        word += kLetters[value % kLetters.size()];
      }
    }
  }
  return word;
}

std::string readable_password() {
  std::string password = random_word(4);
  for (int group = 0; group < 3; ++group) password += "-" + random_word(4);
  return password;
}

}  // namespace wardbook::demo
