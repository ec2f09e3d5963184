#include "objectd/journal.h"

#include <unistd.h>

#include <algorithm>
#include <stdexcept>

#include "base/hash.h"
#include "objectd/little_endian.h"

namespace wardbook::objectd {
namespace {

constexpr std::string_view kJournalMagic{"WBJRNL1\0", 8};
constexpr std::size_t kJournalIdBytes = 16;
constexpr std::size_t kJournalHeaderBytes = kJournalMagic.size() + kJournalIdBytes;
constexpr std::size_t kBucketBytes = 8;
constexpr std::size_t kObjectBytes = kBucketBytes + 32;
constexpr std::size_t kFileIdBytes = 16;
constexpr std::size_t kPlainBytes = 80;
constexpr std::size_t kSaltBytes = 4;
constexpr std::size_t kRecordBytes = kSaltBytes + kPlainBytes + kTagBytes;
constexpr std::uint64_t kReserve = 1024 * 1024;
constexpr std::uint64_t kMargin = kReserve / 4;

constexpr char kBegin = 0;
constexpr char kPut = 1;
constexpr char kRemoved = 2;

std::string record_nonce(std::string_view salt, std::uint64_t number) {
  std::string out(salt);
  append_u64(out, number);
  return out;
}

struct Record {
  char kind = kBegin;
  Journal::Entry entry;
  std::uint64_t batch_first = 0;
};

std::optional<Record> open_record(Aead& aead, std::uint64_t number, std::string_view raw) {
  std::string plain(kPlainBytes, '\0');
  if (raw.size() != kRecordBytes || !aead.open(record_nonce(raw.substr(0, kSaltBytes), number), {},
                                               raw.substr(kSaltBytes), plain.data())) {
    return std::nullopt;
  }
  std::string_view rest = plain;
  const auto take = [&rest](std::size_t bytes) {
    const auto out = rest.substr(0, bytes);
    rest.remove_prefix(bytes);
    return out;
  };
  Record out;
  out.kind = take(1).front();
  out.entry.object = take(kObjectBytes);
  out.entry.generation = read_u64(take(8));
  const auto file_id = take(kFileIdBytes);
  if (out.kind == kPut) out.entry.file_id = file_id;
  out.batch_first = read_u64(take(8));
  const auto key_tag = take(Journal::kKeyTagBytes);
  if (key_tag.find_first_not_of('\0') != std::string_view::npos) out.entry.key_tag = key_tag;
  return out;
}

/// Goes through the records and says which of them count.
class Reading {
 public:
  explicit Reading(std::string name) : name_(std::move(name)) {}

  void take(std::uint64_t number, std::optional<Record> record) {
    if (!record) {
      if (number <= snapshot_) damaged();
      bad_ = std::min(bad_, number);
      return;
    }
    if (record->batch_first > bad_) damaged();
    if (number > bad_) return;  // written together with an unreadable one
    auto& entry = record->entry;
    out_.last = std::max(out_.last, entry.generation);
    if (number == 0) {
      if (record->kind != kBegin) damaged();
      out_.base = entry.generation;
      snapshot_ = read_u64(entry.object);
    } else {
      auto object = entry.object;
      out_.entries.insert_or_assign(std::move(object), std::move(entry));
    }
  }
  Journal::Contents result(std::uint64_t records) {
    if (records <= snapshot_) damaged();
    return std::move(out_);
  }
  [[noreturn]] void damaged() const {
    throw std::runtime_error(name_ +
                             ": damaged; restore the folder from a backup, or adopt the objects "
                             "as they are");
  }

 private:
  std::string name_;
  Journal::Contents out_;
  std::uint64_t snapshot_ = 0;  // the number of the last record of the snapshot
  std::uint64_t bad_ = ~std::uint64_t{0};
};

}  // namespace

std::string journal_object(std::string_view bucket, std::string_view file_name) {
  std::string out(as_chars(sha256(bucket)).substr(0, kBucketBytes));
  const auto name = from_hex(file_name);
  if (!name || name->size() != kObjectBytes - kBucketBytes) {
    throw std::logic_error("not the name of an object's file");
  }
  return out.append(*name);
}

std::optional<Journal::Contents> Journal::read(const fs::Path& path, const MasterKey& master) {
  const auto fd = fs::open_existing(path);
  if (!fd) return std::nullopt;
  Reading reading(path.string());
  std::string header(kJournalHeaderBytes, '\0');
  if (fs::read_at(*fd, 0, header) != kJournalHeaderBytes || !header.starts_with(kJournalMagic))
    reading.damaged();
  Aead aead(master.journal_key(header.substr(kJournalMagic.size())));
  std::string piece;
  std::uint64_t number = 0;
  for (std::uint64_t at = kJournalHeaderBytes;; at += piece.size()) {
    piece.resize(1024 * kRecordBytes);
    piece.resize(fs::read_at(*fd, at, piece));
    if (piece.empty()) return reading.result(number);
    for (std::size_t i = 0; i < piece.size(); i += kRecordBytes, ++number) {
      const auto raw = std::string_view(piece).substr(i, kRecordBytes);
      reading.take(number, open_record(aead, number, raw));
    }
  }
}

Journal::Journal(const fs::Path& path, const fs::Path& temporary, const MasterKey& master,
                 std::uint64_t base, std::span<const Entry> live)
    : aead_(std::string(kKeyBytes, '\0')) {
  const auto id = random_bytes(kJournalIdBytes);
  aead_ = Aead(master.journal_key(id));
  fd_ = fs::create(temporary);
  std::string out(kJournalMagic);
  out.append(id);
  Entry begin;
  append_u64(begin.object, live.size());
  begin.object.resize(kObjectBytes);
  begin.generation = base;
  seal(out, records_++, 0, kBegin, begin);
  for (const auto& entry : live) {
    seal(out, records_++, 0, kPut, entry);
    if (out.size() < kMargin) continue;
    fs::write_all(fd_, out);
    size_ += out.size();
    out.clear();
  }
  fs::write_all(fd_, out);
  size_ += out.size();
  reserved_ = size_;
  fs::sync(fd_);
  fs::rename(temporary, path);
  fs::sync_folder(path.parent_path());
}

void Journal::seal(std::string& out, std::uint64_t number, std::uint64_t batch_first, char kind,
                   const Entry& entry) {
  std::string plain{kind};
  plain.append(entry.object);
  append_u64(plain, entry.generation);
  plain.append(entry.file_id.empty() ? std::string(kFileIdBytes, '\0') : entry.file_id);
  append_u64(plain, batch_first);
  plain.append(entry.key_tag);
  plain.resize(kPlainBytes);
  std::string salt;
  append_u64(salt, salt_);
  salt.resize(kSaltBytes);
  out.append(salt);
  aead_.seal(record_nonce(salt, number), {}, plain, out);
}

void Journal::reserve() {
  const std::lock_guard guard(lock_);
  if (reserved_ >= size_ + kMargin) return;
  const auto wanted = size_ + kReserve;
  fs::reserve(fd_, wanted);
  reserved_ = wanted;  // or the file system cannot, and `write` will see
}

void Journal::check() {
  {
    const std::lock_guard guard(lock_);
    if (broken_) std::rethrow_exception(broken_);
  }
  reserve();
}

void Journal::append(std::span<const Entry> entries) {
  std::unique_lock guard(lock_);
  if (broken_) std::rethrow_exception(broken_);
  const auto batch = next_;
  batch->entries.insert(batch->entries.end(), entries.begin(), entries.end());
  while (!batch->done) {
    if (writing_) {
      changed_.wait(guard);
      continue;
    }
    // Nobody writes: this batch is the next, and whoever is here first writes it for all.
    next_ = std::make_shared<Batch>();
    if (broken_) {
      batch->error = broken_;
    } else {
      writing_ = true;
      guard.unlock();
      try {
        write(*batch);
      } catch (...) {
        batch->error = std::current_exception();
      }
      guard.lock();
      writing_ = false;
    }
    batch->done = true;
    changed_.notify_all();
  }
  if (batch->error) std::rethrow_exception(batch->error);
}

void Journal::write(const Batch& batch) {
  std::string out;
  auto number = records_;
  for (const auto& entry : batch.entries) {
    seal(out, number++, records_, entry.removed() ? kRemoved : kPut, entry);
  }
  try {
    fs::write_all(fd_, out);
  } catch (...) {
    const auto error = std::current_exception();
    // What is there of it goes. The numbers come again, the nonces never.
    ++salt_;
    const std::lock_guard guard(lock_);
    if (::ftruncate(fd_.get(), static_cast<off_t>(size_)) != 0 ||
        ::lseek(fd_.get(), 0, SEEK_END) < 0) {
      broken_ = error;
    }
    reserved_ = size_;
    throw;
  }
  try {
    fs::sync(fd_);
  } catch (...) {
    const std::lock_guard guard(lock_);
    broken_ = std::current_exception();
    throw;
  }
  records_ = number;
  const std::lock_guard guard(lock_);
  size_ += out.size();
}

}  // namespace wardbook::objectd
