// HttpRequestReader: the head of one request of HTTP/1.x (RFC 9112), as it comes in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bpfcast {

enum class HttpStatus : std::uint16_t {
  kOk = 200,
  kBadRequest = 400,
  kNotFound = 404,
  kMethodNotAllowed = 405,
  kHeadTooLarge = 431,
  kVersionNotSupported = 505,
};

struct HttpRequest {
  std::string method;
  std::string path;  // without the query
};

/// What is no request is refused as soon as that can be seen. What follows the head, a body or another
/// request, is left out.
class HttpRequestReader {
 public:
  static constexpr std::size_t kMaxHead = 8192;  // octets

  enum class State : std::uint8_t { kReading, kComplete, kRefused };

  State Read(std::string_view octets);
  State state() const { return state_; }
  /// Once it is complete.
  const HttpRequest& request() const { return request_; }
  /// Once it is refused.
  HttpStatus refusal() const { return refusal_; }

 private:
  void OnLine(std::string_view line);
  void OnRequestLine(std::string_view line);
  void OnField(std::string_view line);
  void OnEnd();
  void Refuse(HttpStatus why);

  State state_ = State::kReading;
  HttpStatus refusal_ = HttpStatus::kBadRequest;
  HttpRequest request_;
  std::string line_;
  std::size_t size_ = 0;
  bool has_request_line_ = false;
  bool needs_host_ = false;  // since HTTP/1.1
  unsigned hosts_ = 0;
};

}  // namespace bpfcast
