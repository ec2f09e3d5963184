#include "base/log.h"

#include <spdlog/async.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "base/clock.h"

namespace wardbook::log {
namespace {

constexpr std::size_t kQueueLines = 16'384;
constexpr auto kFlushInterval = std::chrono::seconds(1);

std::shared_ptr<spdlog::logger>& logger() {
  static std::shared_ptr<spdlog::logger> instance;
  return instance;
}

std::string_view name_of(Level level) {
  switch (level) {
    case Level::debug:
      return "debug";
    case Level::info:
      return "info";
    case Level::warning:
      return "warning";
    case Level::error:
      break;
  }
  return "error";
}

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warning:
      return spdlog::level::warn;
    case Level::error:
      break;
  }
  return spdlog::level::err;
}

void append_value(std::string& line, const Field& field) {
  if (const auto* text = std::get_if<std::string_view>(&field.value)) {
    line += boost::json::serialize(boost::json::string_view(text->data(), text->size()));
  } else if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
    line += std::to_string(*number);
  } else if (const auto* real = std::get_if<double>(&field.value)) {
    fmt::format_to(std::back_inserter(line), "{:.3f}", *real);
  } else {
    line += std::get<bool>(field.value) ? "true" : "false";
  }
}

/// Lines of one thread that wait for each other.
struct Batch {
  std::string lines;
  std::function<void()> first_waits;

  void add(const std::string& line) {
    constexpr std::size_t kMost = 32 * 1024;
    if (lines.size() + line.size() > kMost) hand_over();
    if (lines.empty()) {
      lines.reserve(kMost);
      first_waits();
    } else {
      lines += '\n';
    }
    lines += line;
  }

  void hand_over() {
    if (lines.empty()) return;
    if (const auto& sink = logger()) sink->log(spdlog::level::info, lines);
    lines.clear();
  }

  ~Batch() { hand_over(); }
};

thread_local Batch batch;

}  // namespace

void open(const std::string& target, Level least) {
  close();
  std::shared_ptr<spdlog::sinks::sink> sink;
  if (target == "stderr") {
    sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  } else if (target == "stdout") {
    sink = std::make_shared<spdlog::sinks::stdout_sink_mt>();
  } else {
    sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(target);
  }
  spdlog::init_thread_pool(kQueueLines, 1);
  logger() = std::make_shared<spdlog::async_logger>("wardbook", sink, spdlog::thread_pool(),
                                                    spdlog::async_overflow_policy::overrun_oldest);
  logger()->set_pattern("%v");
  logger()->set_level(to_spdlog(least));
  logger()->flush_on(spdlog::level::warn);
  spdlog::register_logger(logger());
  spdlog::flush_every(kFlushInterval);
}

void batch_on_this_thread(std::function<void()> first_waits) {
  batch.first_waits = std::move(first_waits);
}

void hand_over() {
  batch.hand_over();
}

void write(Level level, std::string_view message, std::initializer_list<Field> fields) {
  const auto& sink = logger();
  if (sink ? !sink->should_log(to_spdlog(level)) : level < Level::warning) return;
  std::string line;
  line.reserve(256);
  line += R"({"time":")";
  line += format_rfc3339(SystemClock().now());
  line += R"(","level":")";
  line += name_of(level);
  line += R"(","message":)";
  line += boost::json::serialize(boost::json::string_view(message.data(), message.size()));
  for (const auto& field : fields) {
    line += ",\"";
    line += field.name;
    line += "\":";
    append_value(line, field);
  }
  line += '}';
  if (sink && batch.first_waits && level < Level::warning) {
    batch.add(line);
  } else if (sink) {
    batch.hand_over();
    sink->log(to_spdlog(level), line);
  } else {
    line += '\n';
    std::fwrite(line.data(), 1, line.size(), stderr);
  }
}

void close() {
  batch.hand_over();
  batch.first_waits = nullptr;
  if (!logger()) return;
  logger()->flush();
  logger().reset();
  spdlog::shutdown();
}

}  // namespace wardbook::log
