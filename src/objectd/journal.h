#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "objectd/crypt.h"
#include "objectd/fs.h"

namespace wardbook::objectd {

/// Which file holds which object: a record for everything published and everything removed, in
/// order, each sealed under a key of this journal's own. An object's file is genuine by itself; the
/// journal says whether it is also the last one. It is written anew at every start, so that it
/// holds the objects there are and what has happened since; about 100 bytes each.
///
///   "WBJRNL1\0", id (16 random bytes)
///   records of 100 bytes: a salt (4), then sealed with salt and number as the nonce:
///     kind, bucket (8 bytes of its hash), file name (32), generation, file id (16), the number of
///     the first record that was written together with this one, the tag of a version's key (7) or
///     zeros; and the tag
///
/// Records that are written together reach the disk in any order if the machine fails meanwhile, so
/// the last of them may be unreadable; nobody was told that they were done. An unreadable record
/// before one that was written later is damage.
class Journal {
 public:
  static constexpr std::size_t kKeyTagBytes = 7;

  struct Entry {
    std::string object;  ///< see journal_object
    std::uint64_t generation = 0;
    std::string file_id;  ///< ObjectFile::id; empty: the object was removed
    /// Of a version: kKeyTagBytes of the file name that stands for its key, so that a version that
    /// is missing is missed under its key; else empty.
    std::string key_tag = {};
    bool visited = false;  ///< for whoever goes through them

    [[nodiscard]] bool removed() const noexcept { return file_id.empty(); }
  };
  struct Contents {
    /// Every generation up to this one was accounted for when the journal was begun: what it does
    /// not name was not there any more.
    std::uint64_t base = 0;
    std::uint64_t last = 0;                          ///< the highest generation in it
    std::unordered_map<std::string, Entry> entries;  ///< the last one for each object
  };

  /// nullopt if there is none. Throws std::runtime_error with one clear line if it is damaged.
  static std::optional<Contents> read(const fs::Path& path, const MasterKey& master);

  /// Writes a new one with the objects that there are, and puts it in the place of the old.
  Journal(const fs::Path& path, const fs::Path& temporary, const MasterKey& master,
          std::uint64_t base, std::span<const Entry> live);
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  /// Sees to it that there is room on the disk for what `append` is going to write.
  void reserve();
  /// Fails if `append` would: the disk failed before, or is full.
  void check();
  /// Durable when it returns; many callers share one wait for the disk. After a failure of the disk
  /// itself all further calls fail too: what is on it is not known any more.
  void append(std::span<const Entry> entries);

 private:
  struct Batch {
    std::vector<Entry> entries;
    bool done = false;
    std::exception_ptr error;
  };
  void write(const Batch& batch);
  void seal(std::string& out, std::uint64_t number, std::uint64_t batch_first, char kind,
            const Entry& entry);

  Fd fd_;
  Aead aead_;
  std::mutex lock_;  ///< of all below but `records_` and `salt_`, which belong to the writer
  std::condition_variable changed_;
  std::shared_ptr<Batch> next_ = std::make_shared<Batch>();
  bool writing_ = false;
  std::exception_ptr broken_;
  std::uint64_t reserved_ = 0;
  std::uint64_t size_ = 0;  ///< bytes in the file
  std::uint64_t records_ = 0;
  std::uint32_t salt_ = 0;
};

/// 40 bytes that stand for an object in the journal; the first 8 are the bucket's.
[[nodiscard]] std::string journal_object(std::string_view bucket, std::string_view file_name);

}  // namespace wardbook::objectd
