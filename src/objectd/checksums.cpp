#include "objectd/checksums.h"

#include <bit>
#include <cstring>
#include <stdexcept>

#include "base/text.h"
#include "net/message.h"

namespace wardbook::objectd {
namespace {

/// Bit-reflected CRCs by eight tables ("slicing by 8"), eight bytes a step.
template <class Word>
class Crc {
 public:
  explicit constexpr Crc(Word polynomial) : polynomial_(polynomial) {
    for (std::size_t i = 0; i < 256; ++i) {
      Word value = static_cast<Word>(i);
      for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) ? polynomial : 0);
      tables_[0][i] = value;
    }
    for (std::size_t slice = 1; slice < 8; ++slice) {
      for (std::size_t i = 0; i < 256; ++i) {
        const Word before = tables_[slice - 1][i];
        tables_[slice][i] = (before >> 8) ^ tables_[0][before & 0xff];
      }
    }
  }

  [[nodiscard]] Word update(Word crc, std::string_view data) const {
    static_assert(std::endian::native == std::endian::little);
    crc = ~crc;
    while (data.size() >= 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, data.data(), 8);
      word ^= crc;
      crc = 0;
      for (std::size_t i = 0; i < 8; ++i) crc ^= tables_[7 - i][(word >> (8 * i)) & 0xff];
      data.remove_prefix(8);
    }
    for (const char c : data) {
      crc = (crc >> 8) ^ tables_[0][(crc ^ static_cast<unsigned char>(c)) & 0xff];
    }
    return ~crc;
  }

  /// Multiplies `first` by x^(8 bytes), modulo the polynomial, by squaring.
  [[nodiscard]] Word shifted(Word first, std::uint64_t bytes) const {
    Word power = Word{1} << (8 * sizeof(Word) - 2);  // x
    for (int i = 0; i < 3; ++i) power = multiply(power, power);
    for (; bytes != 0; bytes >>= 1) {
      if (bytes & 1) first = multiply(first, power);
      power = multiply(power, power);
    }
    return first;
  }

 private:
  [[nodiscard]] Word multiply(Word a, Word b) const {
    Word product = 0;
    for (Word bit = Word{1} << (8 * sizeof(Word) - 1); bit != 0; bit >>= 1) {
      if (a & bit) product ^= b;
      b = (b >> 1) ^ ((b & 1) ? polynomial_ : 0);
    }
    return product;
  }

  Word polynomial_;
  std::array<std::array<Word, 256>, 8> tables_{};
};

const Crc<std::uint32_t>& crc32() {
  static const Crc<std::uint32_t> crc(0xEDB88320u);
  return crc;
}
const Crc<std::uint32_t>& crc32c() {
  static const Crc<std::uint32_t> crc(0x82F63B78u);
  return crc;
}
const Crc<std::uint64_t>& crc64nvme() {
  static const Crc<std::uint64_t> crc(0x9A6C9329AC4BC9B5u);
  return crc;
}

std::string big_endian(std::uint64_t value, std::size_t bytes) {
  std::string out(bytes, '\0');
  for (std::size_t i = 0; i < bytes; ++i) {
    out[i] = static_cast<char>(value >> (8 * (bytes - 1 - i)) & 0xff);
  }
  return out;
}

std::uint64_t from_big_endian(std::string_view bytes) {
  std::uint64_t out = 0;
  for (const char c : bytes) out = out << 8 | static_cast<unsigned char>(c);
  return out;
}

struct Row {
  std::string_view name;
  std::string_view header;
  std::size_t bytes;
};

const Row& row(ChecksumKind kind) {
  static constexpr std::array<Row, 5> kRows{{{"CRC32", "x-amz-checksum-crc32", 4},
                                             {"CRC32C", "x-amz-checksum-crc32c", 4},
                                             {"CRC64NVME", "x-amz-checksum-crc64nvme", 8},
                                             {"SHA1", "x-amz-checksum-sha1", 20},
                                             {"SHA256", "x-amz-checksum-sha256", 32}}};
  return kRows[static_cast<std::size_t>(kind)];
}

}  // namespace

std::string_view name_of(ChecksumKind kind) {
  return row(kind).name;
}
std::string header_of(ChecksumKind kind) {
  return std::string(row(kind).header);
}
std::size_t bytes_of(ChecksumKind kind) {
  return row(kind).bytes;
}

std::optional<ChecksumKind> checksum_by_name(std::string_view name) {
  for (const auto kind : kChecksumKinds) {
    if (equal_ignoring_case(row(kind).name, name)) return kind;
  }
  return std::nullopt;
}

Checksum::Checksum(ChecksumKind kind) : kind_(kind) {
  if (kind == ChecksumKind::sha1) hasher_.emplace(Hasher::Kind::sha1);
  if (kind == ChecksumKind::sha256) hasher_.emplace(Hasher::Kind::sha256);
  if (kind == ChecksumKind::crc32) hasher_.emplace(Hasher::Kind::crc32);
}

void Checksum::update(std::string_view data) {
  if (hasher_) {
    hasher_->update(data);
  } else if (kind_ == ChecksumKind::crc32c) {
    crc_ = crc32c().update(static_cast<std::uint32_t>(crc_), data);
  } else {
    crc_ = crc64nvme().update(crc_, data);
  }
}

std::string Checksum::finish() {
  return hasher_ ? hasher_->finish() : big_endian(crc_, bytes_of(kind_));
}

std::string combine_crc(ChecksumKind kind, std::string_view first, std::string_view second,
                        std::uint64_t second_bytes) {
  const auto a = from_big_endian(first);
  const auto b = from_big_endian(second);
  std::uint64_t out = 0;
  switch (kind) {
    case ChecksumKind::crc32:
      out = crc32().shifted(static_cast<std::uint32_t>(a), second_bytes) ^ b;
      break;
    case ChecksumKind::crc32c:
      out = crc32c().shifted(static_cast<std::uint32_t>(a), second_bytes) ^ b;
      break;
    case ChecksumKind::crc64nvme:
      out = crc64nvme().shifted(a, second_bytes) ^ b;
      break;
    default:
      throw std::logic_error("only CRCs can be combined");
  }
  return big_endian(out, bytes_of(kind));
}

}  // namespace wardbook::objectd
