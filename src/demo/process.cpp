#include "demo/process.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "base/text.h"
#include "demo/interrupt.h"

namespace wardbook::demo {
namespace {

namespace fs = std::filesystem;

// In the child, between fork and exec: async-signal-safe calls only.
bool become(const UnixUser& user) {
  return setgroups(0, nullptr) == 0 && setgid(user.gid) == 0 && setuid(user.uid) == 0;
}

struct ExecPlan {
  std::vector<char*> arguments;
  std::array<char*, 4> environment;
  const UnixUser* user;
  int output;
  int failure;  // the write end of a pipe that closes on exec
  bool die_with_parent;
  pid_t parent;
};

[[noreturn]] void exec_child(const ExecPlan& plan) {
  setsid();
  const int null_input = open("/dev/null", O_RDONLY | O_CLOEXEC);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int ignored : {SIGPIPE, SIGINT, SIGTERM, SIGHUP}) signal(ignored, SIG_DFL);
  const bool ready = null_input >= 0 && dup2(null_input, 0) == 0 && dup2(plan.output, 1) == 1 &&
                     dup2(plan.output, 2) == 2 && (plan.user == nullptr || become(*plan.user));
  if (ready) {
    umask(077);
    // After the change of user, which clears it.
    if (plan.die_with_parent) prctl(PR_SET_PDEATHSIG, SIGINT);
    if (plan.die_with_parent && getppid() != plan.parent) _exit(1);
    // Our listeners and connections are not PostgreSQL's: it may outlive us and would keep them.
    close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    execve(plan.arguments[0], plan.arguments.data(), plan.environment.data());
  }
  const int error = errno;
  [[maybe_unused]] const auto written = write(plan.failure, &error, sizeof error);
  _exit(127);
}

std::runtime_error failed(const std::string& what, int error) {
  return std::runtime_error(what + ": " + std::strerror(error));
}

}  // namespace

std::optional<UnixUser> unprivileged_user() {
  if (geteuid() != 0) return std::nullopt;
  for (const char* name : {"postgres", "nobody"}) {
    if (const passwd* entry = getpwnam(name)) return UnixUser{name, entry->pw_uid, entry->pw_gid};
  }
  throw std::runtime_error(
      "the database cannot run as root, and there is no user postgres or nobody");
}

pid_t spawn(const Command& command) {
  const std::string& program = command.arguments.at(0);
  const int output = open(command.output.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (output < 0) throw failed("cannot write " + command.output.string(), errno);
  std::array<int, 2> failure{};
  if (pipe2(failure.data(), O_CLOEXEC) != 0) {
    const int error = errno;
    close(output);
    throw failed("cannot make a pipe", error);
  }
  std::string path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  std::string locale = "LC_ALL=C.UTF-8";
  std::string zone = "TZ=UTC";
  ExecPlan plan{{},
                {path.data(), locale.data(), zone.data(), nullptr},
                command.user ? &*command.user : nullptr,
                output,
                failure[1],
                command.die_with_parent,
                getpid()};
  std::vector<std::string> arguments = command.arguments;
  for (std::string& argument : arguments) plan.arguments.push_back(argument.data());
  plan.arguments.push_back(nullptr);

  const pid_t child = fork();
  if (child == 0) exec_child(plan);
  const int fork_error = errno;
  close(output);
  close(failure[1]);
  int error = 0;
  const bool told = child > 0 && read(failure[0], &error, sizeof error) == sizeof error;
  close(failure[0]);
  if (child < 0) throw failed("cannot start " + program, fork_error);
  if (told) {
    waitpid(child, nullptr, 0);
    throw failed("cannot start " + program, error);
  }
  return child;
}

std::optional<int> reap(pid_t child) {
  int status = 0;
  const pid_t ended = waitpid(child, &status, WNOHANG);
  if (ended == child || (ended < 0 && errno == ECHILD)) return status;
  return std::nullopt;
}

void run(const Command& command, const std::string& what) {
  const pid_t child = spawn(command);
  std::optional<int> status;
  while (!(status = reap(child))) {
    if (Interrupt::requested()) {
      kill(child, SIGTERM);
      waitpid(child, nullptr, 0);
      throw Interrupted();
    }
    std::this_thread::sleep_for(kPoll);
  }
  if (WIFEXITED(*status) && WEXITSTATUS(*status) == 0) return;
  throw std::runtime_error(what + " failed: " + last_line(command.output));
}

bool can_reach(const fs::path& folder, const std::optional<UnixUser>& user) {
  if (!user) return access(folder.c_str(), X_OK) == 0;
  const char* path = folder.c_str();
  const pid_t child = fork();
  if (child == 0) _exit(become(*user) && access(path, X_OK) == 0 ? 0 : 1);
  int status = 0;
  return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
         WEXITSTATUS(status) == 0;
}

std::vector<pid_t> processes_in(const fs::path& folder) {
  std::vector<pid_t> found;
  std::error_code ignored;
  const fs::path wanted = fs::canonical(folder, ignored);
  if (ignored) return found;
  for (const auto& entry : fs::directory_iterator("/proc", ignored)) {
    const std::string name = entry.path().filename();
    const auto pid = parse_number<pid_t>(name);
    if (!pid || *pid == getpid()) continue;
    const fs::path at = fs::read_symlink(entry.path() / "cwd", ignored);
    if (!ignored && at == wanted) found.push_back(*pid);
  }
  return found;
}

std::string last_line(const fs::path& file) {
  std::ifstream in(file);
  std::string line;
  std::string last = "(no output)";
  while (std::getline(in, line)) {
    if (!only_blanks(line, kWhiteSpace)) last = line.substr(0, 300);
  }
  return last;
}

}  // namespace wardbook::demo
