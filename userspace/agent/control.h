// ControlServer: JSON-RPC 2.0 on a Unix socket. Clients can cost little memory and no time of the loop.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <string>

#include "agent/json_rpc.h"
#include "base/result.h"
#include "base/time.h"
#include "os/event_loop.h"
#include "os/unique_fd.h"

namespace bpfcast {

class ControlServer {
 public:
  static constexpr std::size_t kMaxLine = 65536;
  /// One more takes the place of one that never asked anything, else of the one that was idle longest; while
  /// all were active within kActive it is refused.
  static constexpr std::size_t kMaxConnections = 64;
  static constexpr Duration kActive = std::chrono::seconds(1);
  /// Of answers that are not taken yet, all connections together, and besides one answer of any size: at more
  /// the connection is closed that took nothing for the longest time.
  static constexpr std::size_t kMaxUnsent = 64 << 20;
  /// Without a complete request, or without taking any of its answer, for so long a connection is closed.
  static constexpr Duration kIdleLimit = std::chrono::seconds(60);

  /// Listens on `path`, mode 0660; replaces a socket that a dead agent left (the caller holds the instance
  /// lock).
  static Result<std::unique_ptr<ControlServer>> Open(EventLoop& loop, const std::string& path,
                                                     RpcMethods methods);
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

  /// Closes idle connections; call it now and then.
  void CloseIdle(Time now);
  std::size_t connections() const { return connections_.size(); }

 private:
  struct Connection;
  using Handle = std::list<Connection>::iterator;

  ControlServer(EventLoop& loop, UniqueFd listener, std::string path, RpcMethods methods);
  void AwaitClient();
  void Accept();
  void AwaitInput(Handle connection);
  void OnInput(Handle connection);
  void OnOutput(Handle connection);
  void AnswerLines(Connection& connection);
  void Reject(Connection& connection, const std::string& why);
  /// Which one gives its place to `newcomer`; the newcomer itself when all others are active.
  Handle LeastUseful(Handle newcomer);
  void Close(Handle connection, const char* why);
  /// Closes others until kMaxUnsent is kept.
  void LimitUnsent(Handle connection);
  /// Sends what it can, then waits for room, for more input, or ends. `connection` may be gone afterwards.
  void Continue(Handle connection);

  EventLoop& loop_;
  UniqueFd listener_;
  std::string path_;
  RpcMethods methods_;
  std::list<Connection> connections_;
  bool accepting_ = false;
  FdWatch watch_;
};

}  // namespace bpfcast
