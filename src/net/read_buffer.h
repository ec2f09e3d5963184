#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace wardbook::net {

/// Bytes that came from a socket and were not used yet: filled at the end, consumed at the front,
/// kept in one piece. Grows from 4 KiB on demand.
class ReadBuffer {
 public:
  [[nodiscard]] std::string_view view() const { return {bytes_.get() + begin_, size()}; }
  [[nodiscard]] std::size_t size() const { return end_ - begin_; }
  [[nodiscard]] bool empty() const { return begin_ == end_; }

  /// Room for the next read: never empty while size() < most. Invalidates views.
  std::span<char> space(std::size_t most) {
    if (capacity_ - end_ < kLeastRoom && begin_ > 0) {
      std::memmove(bytes_.get(), bytes_.get() + begin_, size());
      end_ -= begin_;
      begin_ = 0;
    }
    // A read that filled the room means that more is coming than it holds.
    if ((capacity_ - end_ < kLeastRoom || filled_) && capacity_ < most) grow(most);
    filled_ = false;
    return {bytes_.get() + end_, capacity_ - end_};
  }
  void commit(std::size_t count) {
    end_ += count;
    filled_ = end_ == capacity_;
  }
  void consume(std::size_t count) {
    begin_ += count;
    if (begin_ == end_) begin_ = end_ = 0;
  }
  /// Lets go of memory beyond `most` when nothing is in it: an idle connection must not keep what
  /// one long body needed.
  void shrink(std::size_t most) {
    if (!empty() || capacity_ <= most) return;
    bytes_.reset();
    capacity_ = begin_ = end_ = 0;
    filled_ = false;
  }
  /// Moves up to `into.size()` bytes out.
  std::size_t take(std::span<char> into) {
    const auto count = std::min(into.size(), size());
    if (count > 0) std::memcpy(into.data(), bytes_.get() + begin_, count);
    consume(count);
    return count;
  }

 private:
  static constexpr std::size_t kFirst = 4 * 1024;
  static constexpr std::size_t kLeastRoom = 1024;

  void grow(std::size_t most) {
    const auto next = std::min(std::max(capacity_ * 2, kFirst), std::max(most, kFirst));
    auto bytes = std::make_unique_for_overwrite<char[]>(next);
    if (!empty()) std::memcpy(bytes.get(), bytes_.get() + begin_, size());
    end_ -= begin_;
    begin_ = 0;
    bytes_ = std::move(bytes);
    capacity_ = next;
  }

  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool filled_ = false;
};

}  // namespace wardbook::net
