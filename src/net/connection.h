#pragma once

#include <array>
#include <boost/asio/buffer.hpp>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "net/chunked.h"
#include "net/pace.h"
#include "net/read_buffer.h"
#include "net/request_check.h"
#include "net/server_core.h"

namespace wardbook::net {

/// One accepted socket and the request that is being served on it. Lives in the frame of `run`.
class Connection final : public Exchange {
 public:
  /// `counted`: it has a place in the core's book under its source.
  Connection(std::shared_ptr<ServerCore> core, Socket socket, const Address& peer, bool trusted,
             bool counted);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Serves requests until either side closes.
  static Task<> run(std::unique_ptr<Connection> self);

  /// Cancels what waits beyond its deadline.
  void on_tick(std::chrono::steady_clock::time_point now);
  /// Closes the connection if nothing has been asked on it.
  void on_drain(std::chrono::steady_clock::time_point now);
  void close();
  /// Closes it with a reset.
  void cut();

  // For ServerCore, which chooses the one that can be spared.
  [[nodiscard]] const Address& source() const { return source_; }
  /// Nothing has arrived that was not looked at yet.
  [[nodiscard]] bool is_quiet() const;
  /// Has kept us waiting for long, by all its request's waits together.
  [[nodiscard]] bool is_slow(std::chrono::steady_clock::time_point now);
  /// An answer of so many bytes waits for its reader since then. 0: none does.
  struct Unread {
    std::size_t bytes = 0;
    std::chrono::steady_clock::time_point since;
  };
  Unread unread;
  void leave_waiting() { place_.unlink(); }
  [[nodiscard]] bool is_counted() const { return counted_; }
  /// Gives its place in the book to another connection of its source.
  void hand_over_place() { counted_ = false; }

  std::size_t registry_index = 0;  ///< ServerCore's

  // Exchange
  [[nodiscard]] const RequestHead& head() const override { return head_; }
  [[nodiscard]] const std::string& id() const override { return id_; }
  [[nodiscard]] std::optional<std::uint64_t> content_length() const override {
    return framing_.content_length;
  }
  [[nodiscard]] std::size_t at_hand() const override;
  void on_stall(std::function<void()> call) override { stall_call_ = std::move(call); }
  [[nodiscard]] Task<std::size_t> read_some(std::span<char> into) override;
  [[nodiscard]] Task<std::string> read_all(std::size_t limit) override;
  [[nodiscard]] Task<> respond(Response response) override;
  [[nodiscard]] Task<> start(int status, Headers headers,
                             std::optional<std::uint64_t> length) override;
  [[nodiscard]] Task<> write(std::string_view bytes) override;
  [[nodiscard]] bool answered() const override { return answered_; }
  void close_after() override { close_ = true; }

 private:
  using Clock = std::chrono::steady_clock;
  using Parts = std::array<boost::asio::const_buffer, 4>;
  enum class Phase { idle, head, exchange };
  enum class Stream { none, length, chunked, until_close, swallowed };

  // connection.cpp: the life of a connection
  Task<bool> serve_one();
  Task<bool> receive_head();
  bool examine_head();
  void begin(CheckedRequest&& request);
  void refuse(Failure failure);
  Task<bool> complete(std::exception_ptr error);
  Task<bool> settle_body();
  Task<> linger();
  void arm(Clock::time_point deadline);
  void disarm() { deadline_ = Clock::time_point::max(); }
  void notice_stall(Clock::time_point now);
  [[nodiscard]] const Limits& limits() const { return core_->options.limits; }

  // exchange.cpp: bodies and answers
  /// Begins a wait for the client, and settles it with the bytes that it moved.
  void begin_wait(Clock::time_point latest);
  void end_wait(std::size_t bytes);
  [[nodiscard]] std::size_t unacknowledged();
  [[nodiscard]] bool has_read_some(Clock::time_point now);
  Task<std::size_t> read_body(std::span<char> into, Clock::time_point deadline);
  Task<> fill(Clock::time_point deadline);
  [[noreturn]] void reading_failed(boost::system::error_code ec);
  Task<> send_continue();
  void begin_answer(int status, const Headers& headers, std::optional<std::uint64_t> length,
                    bool chunked);
  [[nodiscard]] bool must_close(int status) const;
  bool write_now(Parts& parts);
  Task<> write_rest(Parts parts, std::size_t held = 0);
  Task<> finish_stream();
  [[noreturn]] void writing_failed(boost::system::error_code ec);

  std::shared_ptr<ServerCore> core_;
  Socket socket_;
  const Address peer_;
  const Address source_;
  const bool trusted_;
  bool counted_;
  std::string remote_ip_;
  WaitingPlace place_{*this};
  ReadBuffer in_;
  HeadScanner scanner_;
  std::string out_;  // a head that is being sent, with a chunk's size line
  Clock::time_point deadline_ = Clock::time_point::max();
  bool timed_out_ = false;
  Phase phase_ = Phase::idle;
  std::size_t served_ = 0;
  bool linger_ = false;

  // the request
  RequestHead head_;
  RequestFraming framing_;
  std::string id_;
  std::optional<Failure> refusal_;  // the head was refused; the handler never sees it
  Pace pace_;
  Clock::time_point waits_since_ = Clock::time_point::max();  // for the client, in an exchange
  Clock::time_point wait_from_;                               // the part that pace_ has not seen
  bool writing_ = false;
  std::size_t queued_ = 0;  // in the socket when the wait began
  bool stalled_ = false;    // in this wait
  std::function<void()> stall_call_;
  std::uint64_t body_left_ = 0;  // of a body with a length
  std::optional<ChunkDecoder> chunks_;
  bool body_done_ = true;
  bool body_broken_ = false;  // too slow or malformed: where it ends is unknown
  bool expecting_ = false;    // the client waits for 100 Continue

  // the answer
  bool answered_ = false;
  bool close_ = false;
  bool gone_ = false;  // the socket failed: nothing more can be said
  Stream stream_ = Stream::none;
  std::uint64_t stream_left_ = 0;
  bool head_waiting_ = false;  // out_ holds a head that goes out with the first bytes of its body
};

}  // namespace wardbook::net
