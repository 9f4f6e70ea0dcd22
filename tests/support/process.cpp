#include "support/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>

#include "support/netns.h"

namespace bpfcast::test {
namespace {

UniqueFd MemoryFile(const char* name) {
  UniqueFd fd(memfd_create(name, MFD_CLOEXEC));
  if (!fd) throw std::runtime_error(std::string("memfd_create: ") + std::strerror(errno));
  return fd;
}

std::string ReadAll(int fd) {
  std::string text;
  char buffer[4096];
  off_t offset = 0;
  for (ssize_t n; (n = pread(fd, buffer, sizeof buffer, offset)) > 0; offset += n) text.append(buffer, n);
  return text;
}

}  // namespace

Process::Process(const std::vector<std::string>& argv, const NetNs* ns, const std::string& input)
    : out_(MemoryFile("stdout")), err_(MemoryFile("stderr")) {
  UniqueFd in = MemoryFile("stdin");
  if (pwrite(in.get(), input.data(), input.size(), 0) != static_cast<ssize_t>(input.size())) {
    throw std::runtime_error("cannot hand over the input of " + argv.front());
  }
  UniqueFd ns_fd;
  if (ns != nullptr) ns_fd = ns->Open();
  std::vector<char*> args;
  for (const std::string& arg : argv) args.push_back(const_cast<char*>(arg.c_str()));
  args.push_back(nullptr);
  const pid_t parent = getpid();

  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error(std::string("fork: ") + std::strerror(errno));
  if (pid_ == 0) {  // only async-signal-safe calls from here: other threads may hold locks
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(126);
    setpgid(0, 0);  // Ctrl-C is for us: we end our children in order
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    if (ns_fd && setns(ns_fd.get(), CLONE_NEWNET) != 0) _exit(126);
    dup2(in.get(), 0);
    dup2(out_.get(), 1);
    dup2(err_.get(), 2);
    execvp(args[0], args.data());
    _exit(127);
  }
  pidfd_ = UniqueFd(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
}

Process::~Process() {
  if (status_) return;
  Signal(SIGKILL);
  Wait(10s);
}

void Process::Signal(int signal) const {
  if (!status_) kill(pid_, signal);
}

std::optional<int> Process::Wait(Clock::duration limit) {
  const Instant deadline = Clock::now() + limit;
  while (!status_) {
    int status = 0;
    const pid_t ended = waitpid(pid_, &status, WNOHANG);
    if (ended == pid_) {
      status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      break;
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) return std::nullopt;
    pollfd wait{pidfd_.get(), POLLIN, 0};
    poll(&wait, 1, static_cast<int>(left.count()) + 1);
  }
  return status_;
}

std::string Process::Out() const {
  return ReadAll(out_.get());
}
std::string Process::Err() const {
  return ReadAll(err_.get());
}

CommandResult RunCommand(const std::vector<std::string>& argv, const NetNs* ns, const std::string& input) {
  Process process(argv, ns, input);
  const std::optional<int> status = process.Wait(60s);
  if (!status) throw std::runtime_error(argv.front() + " did not end within a minute");
  return {*status, process.Out(), process.Err()};
}

std::string MustRun(const std::vector<std::string>& argv, const NetNs* ns, const std::string& input) {
  CommandResult result = RunCommand(argv, ns, input);
  if (result.status != 0) {
    std::string line;
    for (const std::string& arg : argv) line += arg + ' ';
    throw std::runtime_error(line + "ended with " + std::to_string(result.status) + ": " + result.err +
                             input);
  }
  return std::move(result.out);
}

}  // namespace bpfcast::test
