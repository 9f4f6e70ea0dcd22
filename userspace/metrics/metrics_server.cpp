#include "metrics/metrics_server.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include "metrics/http_answer.h"
#include "os/clock.h"

namespace bpfcast {
namespace {

/// Of connections that wait to be taken: a flood of them does not hold up the others.
constexpr int kBacklog = 128;
/// For a client that has its answer to hang up.
constexpr Duration kLingering = std::chrono::seconds(1);
/// After it was out of descriptors.
constexpr Duration kAcceptAgain = std::chrono::seconds(1);

}  // namespace

struct MetricsServer::Connection {
  UniqueFd fd;
  Time until{};
  HttpRequestReader reader;
  std::string head;
  std::shared_ptr<const std::string> body;  // one text for all who ask at the same time
  std::size_t sent = 0;                     // of both together
  bool answered = false;
  FdWatch watch;  // last: ends before the descriptor
};

Result<std::unique_ptr<MetricsServer>> MetricsServer::Open(EventLoop& loop, const Endpoint& endpoint,
                                                           MakeText make_text, const MetricsLimits& limits) {
  auto listener = ListenTcp(endpoint, kBacklog);
  if (!listener) return Fail("metrics: listen on " + endpoint.ToString() + ": " + listener.error().message);
  return std::unique_ptr<MetricsServer>(
      new MetricsServer(loop, endpoint, std::move(*listener), std::move(make_text), limits));
}

MetricsServer::MetricsServer(EventLoop& loop, const Endpoint& endpoint, TcpListener listener,
                             MakeText make_text, const MetricsLimits& limits)
    : loop_(loop),
      endpoint_(endpoint),
      listener_(std::move(listener)),
      make_text_(std::move(make_text)),
      limits_(limits),
      watch_(loop, listener_.fd.get()),
      deadline_(loop) {
  AwaitClient();
}

MetricsServer::~MetricsServer() = default;

void MetricsServer::AwaitClient() {
  accepting_ = true;
  watch_.Wait(FdEvent::kReadable, [this] { Accept(); });
}

void MetricsServer::Accept() {
  UniqueFd fd(accept4(listener_.fd.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!fd) {
    // Out of descriptors the client stays in the queue, and asking at once again would be a busy loop.
    accepting_ = errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM;
    if (accepting_) return AwaitClient();
    return ArmDeadline();
  }
  AwaitClient();
  if (connections_.size() >= limits_.connections) {
    ++counters_.crowded_out;
    connections_.pop_front();
  }
  const Handle connection = connections_.emplace(connections_.end());
  connection->fd = std::move(fd);
  connection->until = Now() + limits_.time;
  connection->watch = FdWatch(loop_, connection->fd.get());
  ArmDeadline();
  OnInput(connection);  // most requests are there already
}

void MetricsServer::OnInput(Handle connection) {
  std::array<char, 4096> buffer{};
  const ssize_t got = recv(connection->fd.get(), buffer.data(), buffer.size(), 0);
  if (got > 0) {
    const std::string_view octets(buffer.data(), static_cast<std::size_t>(got));
    if (connection->reader.Read(octets) != HttpRequestReader::State::kReading) return Answer(connection);
  } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
    connections_.erase(connection);
    return;
  }
  connection->watch.Wait(FdEvent::kReadable, [this, connection] { OnInput(connection); });
}

void MetricsServer::Answer(Handle connection) {
  const HttpStatus status = StatusFor(connection->reader);
  ++counters_.answers[status];
  connection->body =
      status == HttpStatus::kOk ? Text() : std::make_shared<const std::string>(HttpHint(status));
  connection->head = HttpHead(status, connection->body->size());
  if (connection->reader.request().method == "HEAD") connection->body = std::make_shared<const std::string>();
  Send(connection);
}

void MetricsServer::Send(Handle connection) {
  const std::string& head = connection->head;
  const std::string& body = *connection->body;
  while (connection->sent < head.size() + body.size()) {
    const bool in_head = connection->sent < head.size();
    const std::string_view part = in_head ? std::string_view(head).substr(connection->sent)
                                          : std::string_view(body).substr(connection->sent - head.size());
    const int more = in_head && !body.empty() ? MSG_MORE : 0;
    const ssize_t put = send(connection->fd.get(), part.data(), part.size(), MSG_NOSIGNAL | more);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0 && errno == EAGAIN) {
      connection->watch.Wait(FdEvent::kWritable, [this, connection] { Send(connection); });
      return;
    }
    if (put < 0) {
      connections_.erase(connection);
      return;
    }
    connection->sent += static_cast<std::size_t>(put);
  }
  // Closed with something unread the kernel would take the answer back (RFC 9112 9.6).
  shutdown(connection->fd.get(), SHUT_WR);
  connection->answered = true;
  connection->body.reset();
  connection->until = std::min(connection->until, Now() + kLingering);
  ArmDeadline();
  Drain(connection);
}

void MetricsServer::Drain(Handle connection) {
  std::array<char, 4096> buffer{};
  const ssize_t got = recv(connection->fd.get(), buffer.data(), buffer.size(), 0);
  if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
    connections_.erase(connection);
    return;
  }
  connection->watch.Wait(FdEvent::kReadable, [this, connection] { Drain(connection); });
}

std::shared_ptr<const std::string> MetricsServer::Text() {
  const Time before = Now();
  if (before < text_good_until_) return text_;
  text_ = std::make_shared<const std::string>(make_text_());
  const Time after = Now();
  text_good_until_ = after + kPause * (after - before);
  return text_;
}

void MetricsServer::ArmDeadline() {
  Time next = accepting_ ? kNever : Now() + kAcceptAgain;
  for (const Connection& each : connections_) next = std::min(next, each.until);
  deadline_.Set(next, [this] { OnDeadline(); });
}

void MetricsServer::OnDeadline() {
  if (!accepting_) AwaitClient();
  const Time now = Now();
  std::erase_if(connections_, [&](const Connection& each) {
    if (each.until > now) return false;
    if (!each.answered) ++counters_.timed_out;
    return true;
  });
  ArmDeadline();
}

}  // namespace bpfcast
