#include "cli/client.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/rpc_codes.h"
#include "cli/socket_access.h"

namespace bpfcast {
namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kTimeout{5};
constexpr std::size_t kPiece = 65536;

class Socket {
 public:
  Socket() : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  int fd() const { return fd_; }

 private:
  int fd_;
};

/// False when `deadline` passes first.
bool WaitFor(int fd, short events, Clock::time_point deadline) {
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    pollfd waiting{fd, events, 0};
    const int ready = poll(&waiting, 1, static_cast<int>(left));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

tl::unexpected<CallError> NoAnswer(std::string why) {
  return tl::unexpected(CallError{CallError::Kind::kNoAnswer, std::move(why)});
}

tl::unexpected<CallError> NoAnswer(int error) {
  return NoAnswer(std::generic_category().message(error));
}

/// One line, with its end: the answer to the request with id 1.
CallText Exchange(const std::string& path, const std::string& method, const CallParams& params) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) return NoAnswer(ENAMETOOLONG);
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);

  const Socket socket;
  if (socket.fd() < 0) return NoAnswer(errno);
  const auto deadline = Clock::now() + kTimeout;
  while (connect(socket.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) < 0) {
    if (errno == EACCES || errno == EPERM) {
      return tl::unexpected(CallError{CallError::Kind::kRefused, NotAllowedToAsk(path)});
    }
    // EAGAIN: the queue of waiting clients is full; it empties when the agent gets round to it.
    if (errno != EAGAIN && errno != EINTR) return NoAnswer(errno);
    if (Clock::now() > deadline) return NoAnswer("too many clients wait");
    poll(nullptr, 0, 10);
  }
  Json call{{"jsonrpc", "2.0"}, {"id", 1}, {"method", method}};
  if (!params.empty()) call["params"] = params;
  // What was typed may be no UTF-8.
  const std::string request = call.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  if (send(socket.fd(), request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size())) {
    return NoAnswer(errno);
  }
  std::vector<std::string> answer;
  std::array<char, kPiece> buffer;
  while (answer.empty() || answer.back().back() != '\n') {
    if (!WaitFor(socket.fd(), POLLIN, deadline)) return NoAnswer("no answer within 5 s");
    const ssize_t got = recv(socket.fd(), buffer.data(), buffer.size(), 0);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0) return NoAnswer(errno);
    if (got == 0) return NoAnswer("it hung up");
    const std::string_view came(buffer.data(), static_cast<std::size_t>(got));
    if (answer.empty() || answer.back().size() + came.size() > kPiece) answer.emplace_back().reserve(kPiece);
    answer.back() += came;
  }
  return answer;
}

CallResult ReadReply(const std::string& method, const std::vector<std::string>& answer) {
  std::string line;
  for (const std::string& piece : answer) line += piece;
  Json reply = Json::parse(line, nullptr, false);
  if (reply.is_discarded() || !reply.is_object()) return NoAnswer("the answer is not JSON");
  if (const auto error = reply.find("error"); error != reply.end()) {
    const bool file = error->value("code", 0) == kRpcUnusableFile;
    return tl::unexpected(
        CallError{file ? CallError::Kind::kUnusableFile : CallError::Kind::kRefused,
                  "bpfcastd refused '" + method + "': " + error->value("message", "no reason given")});
  }
  return std::move(reply["result"]);
}

/// How bpfcastd begins the answer to a call that succeeded, and how many characters end it: "}\n".
constexpr std::string_view kResult = R"({"jsonrpc":"2.0","id":1,"result":)";
constexpr std::size_t kAfterResult = 2;

void RemoveLast(std::size_t characters, std::vector<std::string>& pieces) {
  while (characters > 0 && !pieces.empty()) {
    const std::size_t removed = std::min(characters, pieces.back().size());
    pieces.back().resize(pieces.back().size() - removed);
    characters -= removed;
    if (pieces.back().empty()) pieces.pop_back();
  }
}

constexpr const char* kDirectory = "/run/bpfcast";

std::string SocketOf(const std::string& instance) {
  return std::string(kDirectory) + "/" + instance + ".sock";
}

/// False where an agent was and is no more. One that we may not speak to is there.
bool IsListening(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) return false;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const Socket socket;
  return connect(socket.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 ||
         (errno != ECONNREFUSED && errno != ENOENT);
}

CallError WithWayOut(const CallError& error, const std::string& instance) {
  if (error.kind != CallError::Kind::kNoAnswer) return error;
  std::string others;
  for (const std::string& name : RunningInstances()) others += (others.empty() ? "" : ", ") + name;
  if (!others.empty()) others = "; these run: " + others;
  return {error.kind, "no bpfcastd answers on " + SocketOf(instance) + " (" + error.message +
                          "); is it running? start it with `bpfcastd -c FILE --instance " + instance +
                          "`, without --instance where the file has a [proxy." + instance + "]" + others};
}

}  // namespace

std::vector<std::string> RunningInstances() {
  namespace fs = std::filesystem;
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator file(kDirectory, error), end; !error && file != end; file.increment(error)) {
    if (file->path().extension() == ".sock" && IsListening(file->path())) {
      names.push_back(file->path().stem());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

CallResult Call(const std::string& instance, const std::string& method, const CallParams& params) {
  auto result = CallAt(SocketOf(instance), method, params);
  if (!result) return tl::unexpected(WithWayOut(result.error(), instance));
  return result;
}

CallText CallForText(const std::string& instance, const std::string& method, const CallParams& params) {
  auto result = CallForTextAt(SocketOf(instance), method, params);
  if (!result) return tl::unexpected(WithWayOut(result.error(), instance));
  return result;
}

CallText CallForTextAt(const std::string& path, const std::string& method, const CallParams& params) {
  auto answer = Exchange(path, method, params);
  if (!answer) return answer;
  std::string& first = answer->front();
  if (first.starts_with(kResult)) {
    first.erase(0, kResult.size());
    RemoveLast(kAfterResult, *answer);
    return answer;
  }
  const auto result = ReadReply(method, *answer);
  if (!result) return tl::unexpected(result.error());
  return std::vector<std::string>{result->dump()};
}

CallResult CallAt(const std::string& path, const std::string& method, const CallParams& params) {
  const auto answer = Exchange(path, method, params);
  if (!answer) return tl::unexpected(answer.error());
  return ReadReply(method, *answer);
}

}  // namespace bpfcast
