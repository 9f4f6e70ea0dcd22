#include "agent/control.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "os/clock.h"
#include "os/os_error.h"

namespace bpfcast {

// A connection answers one line at a time and reads no further while an answer is unsent, so that it holds
// one line and one answer at most.
struct ControlServer::Connection {
  UniqueFd fd;
  std::string input;
  std::string output;
  std::size_t sent = 0;
  Time last_progress{};
  bool asked = false;    // a line was complete
  bool closing = false;  // to be closed when the output is sent
  bool end_of_input = false;
  FdWatch watch;  // last: ends before the descriptor
};

Result<std::unique_ptr<ControlServer>> ControlServer::Open(EventLoop& loop, const std::string& path,
                                                           RpcMethods methods) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) return Fail("listen on " + path + ": the path is too long");
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);

  UniqueFd listener(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!listener) return FailWithErrno("listen on " + path, errno);
  static_cast<void>(unlink(path.c_str()));
  const mode_t mask = umask(0117);
  const int bound = bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  const int error = errno;
  umask(mask);
  if (bound < 0) return FailWithErrno("listen on " + path, error);
  if (listen(listener.get(), static_cast<int>(kMaxConnections)) < 0)
    return FailWithErrno("listen on " + path, errno);
  return std::unique_ptr<ControlServer>(
      new ControlServer(loop, std::move(listener), path, std::move(methods)));
}

ControlServer::ControlServer(EventLoop& loop, UniqueFd listener, std::string path, RpcMethods methods)
    : loop_(loop),
      listener_(std::move(listener)),
      path_(std::move(path)),
      methods_(std::move(methods)),
      watch_(loop_, listener_.get()) {
  AwaitClient();
}

ControlServer::~ControlServer() {
  unlink(path_.c_str());
}

void ControlServer::AwaitClient() {
  accepting_ = true;
  watch_.Wait(FdEvent::kReadable, [this] { Accept(); });
}

void ControlServer::Accept() {
  UniqueFd fd(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!fd) {
    // Out of descriptors the client stays in the queue, and asking at once again would be a busy loop.
    accepting_ = errno == EAGAIN || errno == EINTR || errno == ECONNABORTED;
    if (accepting_) AwaitClient();
    return;
  }
  AwaitClient();
  const auto connection = connections_.emplace(connections_.end());
  connection->fd = std::move(fd);
  connection->last_progress = Now();
  connection->watch = FdWatch(loop_, connection->fd.get());
  if (connections_.size() > kMaxConnections) {
    const Handle given_up = LeastUseful(connection);
    const bool refused = given_up == connection;
    Close(given_up, refused ? "too many connections, and all of them are in use; try again"
                            : "closed: too many connections, and this one was idle");
    if (refused) return;
  }
  AwaitInput(connection);
}

ControlServer::Handle ControlServer::LeastUseful(Handle newcomer) {
  Handle least = newcomer;
  for (auto each = connections_.begin(); each != connections_.end(); ++each) {
    const bool spared = each->asked && newcomer->last_progress - each->last_progress < kActive;
    if (each == newcomer || spared) continue;
    // They stand in the order in which they came.
    if (least == newcomer || (!each->asked && least->asked) ||
        (each->asked == least->asked && each->last_progress < least->last_progress)) {
      least = each;
    }
  }
  return least;
}

void ControlServer::Close(Handle connection, const char* why) {
  // Said once, if there is room for it and it does not stand in an answer; nobody waits for it to be read.
  if (connection->output.empty()) {
    const std::string line = RpcErrorLine(kRpcBusy, why) + "\n";
    static_cast<void>(send(connection->fd.get(), line.data(), line.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
  }
  connections_.erase(connection);
}

void ControlServer::LimitUnsent(Handle connection) {
  for (;;) {
    std::size_t unsent = 0;
    Handle slowest = connections_.end();
    for (auto each = connections_.begin(); each != connections_.end(); ++each) {
      if (each == connection || each->output.empty()) continue;
      unsent += each->output.capacity();
      if (slowest == connections_.end() || each->last_progress < slowest->last_progress) slowest = each;
    }
    if (unsent <= kMaxUnsent) return;
    connections_.erase(slowest);
  }
}

void ControlServer::AwaitInput(Handle connection) {
  connection->watch.Wait(FdEvent::kReadable, [this, connection] { OnInput(connection); });
}

void ControlServer::OnInput(Handle connection) {
  std::array<char, 16384> buffer{};
  const ssize_t got = recv(connection->fd.get(), buffer.data(), buffer.size(), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return AwaitInput(connection);
  if (got < 0) {
    connections_.erase(connection);
    return;
  }
  if (got == 0) {
    connection->end_of_input = true;
  } else {
    connection->input.append(buffer.data(), static_cast<std::size_t>(got));
  }
  AnswerLines(*connection);
  Continue(connection);
}

void ControlServer::AnswerLines(Connection& connection) {
  while (connection.output.empty() && !connection.closing) {
    const std::size_t end = connection.input.find('\n');
    if (end == std::string::npos) break;
    const std::string line = connection.input.substr(0, end);
    connection.input.erase(0, end + 1);
    if (line.size() > kMaxLine) return Reject(connection, "the line is longer than 64 KiB");
    if (line.empty() || line == "\r") continue;
    connection.last_progress = Now();
    connection.asked = true;
    RpcReply reply = AnswerRpc(line, methods_);
    if (reply.line) (connection.output = std::move(*reply.line)) += '\n';
    if (reply.garbage) connection.closing = true;
  }
  if (!connection.output.empty() || connection.closing) return;
  if (connection.input.size() > kMaxLine) return Reject(connection, "the line is longer than 64 KiB");
  if (connection.end_of_input) {
    if (!connection.input.empty()) return Reject(connection, "the last line has no end");
    connection.closing = true;
  }
}

void ControlServer::Reject(Connection& connection, const std::string& why) {
  connection.input.clear();
  connection.output = RpcErrorLine(kRpcInvalidRequest, why) + "\n";
  connection.closing = true;
}

void ControlServer::Continue(Handle connection) {
  for (;;) {
    while (connection->sent < connection->output.size()) {
      const ssize_t put = send(connection->fd.get(), connection->output.data() + connection->sent,
                               connection->output.size() - connection->sent, MSG_NOSIGNAL);
      if (put < 0 && errno == EINTR) continue;
      if (put < 0 && errno == EAGAIN) {
        LimitUnsent(connection);
        connection->watch.Wait(FdEvent::kWritable, [this, connection] { OnOutput(connection); });
        return;
      }
      if (put < 0) {
        connections_.erase(connection);
        return;
      }
      connection->sent += static_cast<std::size_t>(put);
      connection->last_progress = Now();
    }
    connection->sent = 0;
    std::string().swap(connection->output);
    if (connection->closing) {
      connections_.erase(connection);
      return;
    }
    // The next line is for the next turn of the loop: a client that sends many does not keep the others
    // waiting.
    if (connection->input.find('\n') != std::string::npos) {
      connection->watch.Wait(FdEvent::kWritable, [this, connection] { OnOutput(connection); });
      return;
    }
    AnswerLines(*connection);
    if (connection->output.empty() && !connection->closing) return AwaitInput(connection);
  }
}

void ControlServer::OnOutput(Handle connection) {
  AnswerLines(*connection);
  Continue(connection);
}

void ControlServer::CloseIdle(Time now) {
  if (!accepting_) AwaitClient();
  for (auto connection = connections_.begin(); connection != connections_.end();) {
    const auto next = std::next(connection);
    if (now - connection->last_progress > kIdleLimit) Close(connection, "closed: idle for too long");
    connection = next;
  }
}

}  // namespace bpfcast
