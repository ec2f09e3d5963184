#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace wardbook::demo {

/// The account that the database runs under: PostgreSQL refuses to run as root.
struct UnixUser {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
};

/// `postgres`, or `nobody` where that does not exist, if this process is root; nullopt if it is not
/// (then the database runs as this process's own user). Throws std::runtime_error without either.
std::optional<UnixUser> unprivileged_user();

struct Command {
  std::vector<std::string> arguments;  ///< [0] is the program's path
  std::optional<UnixUser> user;        ///< become this one first; only root can
  std::filesystem::path output;        ///< stdout and stderr, created anew
  bool die_with_parent = false;        ///< SIGINT when the thread that started it ends
};

/// Starts it in a session of its own (a terminal's Ctrl-C does not reach it), with an environment
/// of PATH, LC_ALL and TZ alone. Throws std::runtime_error if it cannot be started.
pid_t spawn(const Command& command);

/// Between two looks at whether a process has ended or answers.
inline constexpr std::chrono::milliseconds kPoll{10};

/// Whether it has ended, without waiting: the wait status. Only for children of this process.
std::optional<int> reap(pid_t child);

/// Runs it to its end. Throws std::runtime_error with the last line it wrote if it fails, and
/// Interrupted (interrupt.h) when the demo is being stopped; the child is ended then.
void run(const Command& command, const std::string& what);

/// True if a process of `user` could enter `folder`; as ourselves where there is none.
bool can_reach(const std::filesystem::path& folder, const std::optional<UnixUser>& user);

/// Processes whose working folder is `folder`: a database server's is its data folder, so these are
/// what is left of it, and nobody else's.
std::vector<pid_t> processes_in(const std::filesystem::path& folder);

/// The last line of a text file that is not blank, at most 300 bytes; "(no output)" if there is
/// none.
std::string last_line(const std::filesystem::path& file);

}  // namespace wardbook::demo
