#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace wardbook::log {

enum class Level { debug, info, warning, error };

/// One member of a log line. Never patient data, secrets, tokens or SQL values.
struct Field {
  std::string_view name;
  std::variant<std::string_view, std::int64_t, double, bool> value;

  Field(std::string_view n, std::string_view v) : name(n), value(v) {}
  Field(std::string_view n, const std::string& v) : name(n), value(std::string_view(v)) {}
  Field(std::string_view n, const char* v) : name(n), value(std::string_view(v)) {}
  Field(std::string_view n, bool v) : name(n), value(v) {}
  Field(std::string_view n, double v) : name(n), value(v) {}
  Field(std::string_view n, std::integral auto v) : name(n), value(static_cast<std::int64_t>(v)) {}
};

/// Where lines go: "stderr", "stdout" or a file's path (appended). Call once, before threads start.
/// Until then lines of level warning and above go to stderr. Throws std::runtime_error if the file
/// cannot be opened.
void open(const std::string& target, Level least);

/// Writes one line of JSON: time, level, message, then the fields. Thread-safe, and does not wait
/// for the disk: a full queue drops the oldest line and says so later.
void write(Level level, std::string_view message, std::initializer_list<Field> fields = {});

inline void info(std::string_view m, std::initializer_list<Field> f = {}) {
  write(Level::info, m, f);
}
inline void warning(std::string_view m, std::initializer_list<Field> f = {}) {
  write(Level::warning, m, f);
}
inline void error(std::string_view m, std::initializer_list<Field> f = {}) {
  write(Level::error, m, f);
}

/// From now on this thread's lines below warning wait for each other, at most 32 KiB of them:
/// handing over a line wakes the writing thread, which costs more than the line. `first_waits` is
/// called when the first one waits: it sees to it that hand_over() is called on this thread soon.
/// What still waits when the thread ends is handed over then.
void batch_on_this_thread(std::function<void()> first_waits);
void hand_over();

/// Flushes what is queued; call before the process ends.
void close();

}  // namespace wardbook::log
