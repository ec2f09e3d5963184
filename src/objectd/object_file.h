#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "objectd/crypt.h"
#include "objectd/fs.h"

/// One object (or part) in one file, encrypted and authenticated:
///
///   header   "WBOBJ1\0\0", id (16 random bytes), the wrapped data key (60), padding to 96 bytes
///   blocks   each 64 KiB of content (the last may be shorter) and its 16-byte tag
///   footer   the metadata, sealed
///   end      the content's length and the footer's (64-bit, little-endian), "WBEND1\0\0"
///
/// Every block's tag binds the id, the block's number and whether it is the last; the footer's
/// binds the header, the lengths and `binding`, what the file is stored as. So nothing can be
/// changed, cut off, reordered, or put in another's place without being noticed.
namespace wardbook::objectd {

inline constexpr std::size_t kBlockBytes = 64 * 1024;

/// The bytes on the disk are not what was written. Never answered with data.
class CorruptFile : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Writes one. Until `finish` the file is of no use to anybody; if that is never reached, the
/// destructor removes it. Memory: a few blocks.
class ObjectWriter {
 public:
  /// `path` is a temporary name. With `expected_bytes` the room is reserved beforehand, so that a
  /// full disk is known at once.
  ObjectWriter(fs::Path path, const MasterKey& master, std::string binding,
               std::uint64_t expected_bytes = 0);
  ~ObjectWriter();
  ObjectWriter(const ObjectWriter&) = delete;
  ObjectWriter& operator=(const ObjectWriter&) = delete;

  void write(std::string_view content);
  /// What the file is stored as, where that is known only in the end; before `finish`.
  void bind(std::string binding) { binding_ = std::move(binding); }
  /// What was written so far is on the disk, so that `finish` has little left to do.
  void settle();
  /// Seals the metadata and syncs.
  void finish(std::string_view metadata);
  /// After `finish`: moves the file to its place and syncs the folder; it is no longer removed.
  void move_to(const fs::Path& target);

  [[nodiscard]] const std::string& id() const noexcept { return id_; }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  void seal_block(bool last);
  void flush();

  fs::Path path_;
  std::string binding_;
  std::string id_;
  std::string header_;
  Aead aead_;
  Fd fd_;
  std::string block_;
  std::string out_;
  std::uint64_t bytes_ = 0;
  std::uint64_t block_number_ = 0;
  bool moved_ = false;
};

/// An open one, its metadata read and checked. It stays readable when the file is replaced or
/// removed meanwhile. For use by one thread at a time.
class ObjectFile {
 public:
  /// nullopt if there is no such file. Fails with CorruptFile.
  static std::optional<ObjectFile> open(const fs::Path& path, const MasterKey& master,
                                        std::string_view binding);

  [[nodiscard]] const std::string& id() const noexcept { return id_; }
  [[nodiscard]] const std::string& metadata() const noexcept { return metadata_; }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }
  /// Fills `out` from `offset`; the range must lie inside. Fails with CorruptFile.
  void read(std::uint64_t offset, std::span<char> out);

 private:
  ObjectFile(Fd fd, std::string_view key) : fd_(std::move(fd)), aead_(key) {}
  [[nodiscard]] std::string_view raw(std::uint64_t offset, std::size_t length);
  void open_block(std::uint64_t number, std::string_view sealed, char* out);

  Fd fd_;
  Aead aead_;
  std::string id_;
  std::string metadata_;
  std::uint64_t bytes_ = 0;
  std::uint64_t tail_at_ = 0;
  std::string tail_;     // the file's end, all of a small file
  std::string scratch_;  // sealed blocks as read
  std::string block_;    // one block's content
};

}  // namespace wardbook::objectd
