// MetricsServer: answers GET /metrics on a TCP port. Clients can cost little memory and little time of the
// loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base/endpoint.h"
#include "base/result.h"
#include "base/time.h"
#include "metrics/http_request.h"
#include "os/event_loop.h"
#include "os/tcp_listener.h"

namespace bpfcast {

struct MetricsLimits {
  std::size_t connections = 16;              // one more takes the place of the oldest
  Duration time = std::chrono::seconds(10);  // for request and answer together
};

/// One connection is one request and one answer.
class MetricsServer {
 public:
  /// A text is given again for so many times as long as it took to make it.
  static constexpr int kPause = 9;

  using MakeText = std::function<std::string()>;

  /// Since it was opened.
  struct Counters {
    std::map<HttpStatus, std::uint64_t> answers;
    std::uint64_t timed_out = 0;
    std::uint64_t crowded_out = 0;
  };

  /// The error names the address, the cause and the way out.
  static Result<std::unique_ptr<MetricsServer>> Open(EventLoop& loop, const Endpoint& endpoint,
                                                     MakeText make_text, const MetricsLimits& limits = {});
  ~MetricsServer();
  MetricsServer(const MetricsServer&) = delete;
  MetricsServer& operator=(const MetricsServer&) = delete;

  const Endpoint& endpoint() const { return endpoint_; }
  /// No interface has its address yet.
  bool address_is_missing() const { return listener_.address_is_missing; }
  const Counters& counters() const { return counters_; }
  std::size_t connections() const { return connections_.size(); }

 private:
  struct Connection;
  using Handle = std::list<Connection>::iterator;

  MetricsServer(EventLoop& loop, const Endpoint& endpoint, TcpListener listener, MakeText make_text,
                const MetricsLimits& limits);
  void AwaitClient();
  void Accept();
  void OnInput(Handle connection);
  void Answer(Handle connection);
  void Send(Handle connection);
  void Drain(Handle connection);
  std::shared_ptr<const std::string> Text();
  void ArmDeadline();
  void OnDeadline();

  EventLoop& loop_;
  Endpoint endpoint_;
  TcpListener listener_;
  MakeText make_text_;
  MetricsLimits limits_;
  Counters counters_;
  std::list<Connection> connections_;  // the oldest first
  std::shared_ptr<const std::string> text_;
  Time text_good_until_ = Time::min();
  bool accepting_ = false;
  FdWatch watch_;
  Deadline deadline_;
};

}  // namespace bpfcast
