#include "metrics/http_answer.h"

namespace bpfcast {
namespace {

const char* Reason(HttpStatus status) {
  switch (status) {
    case HttpStatus::kOk:
      return "OK";
    case HttpStatus::kBadRequest:
      return "Bad Request";
    case HttpStatus::kNotFound:
      return "Not Found";
    case HttpStatus::kMethodNotAllowed:
      return "Method Not Allowed";
    case HttpStatus::kHeadTooLarge:
      return "Request Header Fields Too Large";
    case HttpStatus::kVersionNotSupported:
      return "HTTP Version Not Supported";
  }
  return "";
}

}  // namespace

HttpStatus StatusFor(const HttpRequestReader& reader) {
  if (reader.state() == HttpRequestReader::State::kRefused) return reader.refusal();
  if (reader.request().path != "/metrics") return HttpStatus::kNotFound;
  const std::string& method = reader.request().method;
  return method == "GET" || method == "HEAD" ? HttpStatus::kOk : HttpStatus::kMethodNotAllowed;
}

std::string HttpHead(HttpStatus status, std::size_t body_size) {
  std::string head = "HTTP/1.1 " + std::to_string(static_cast<unsigned>(status)) + " " + Reason(status);
  head += status == HttpStatus::kOk ? "\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8"
                                    : "\r\nContent-Type: text/plain; charset=utf-8";
  if (status == HttpStatus::kMethodNotAllowed) head += "\r\nAllow: GET, HEAD";
  head += "\r\nContent-Length: " + std::to_string(body_size);
  return head + "\r\nConnection: close\r\n\r\n";
}

std::string HttpHint(HttpStatus status) {
  switch (status) {
    case HttpStatus::kOk:
      return "";
    case HttpStatus::kBadRequest:
      return "this is no request of HTTP/1.1: ask with GET /metrics\n";
    case HttpStatus::kNotFound:
      return "bpfcast: the metrics are at /metrics\n";
    case HttpStatus::kMethodNotAllowed:
      return "metrics are only read: ask with GET or HEAD\n";
    case HttpStatus::kHeadTooLarge:
      return "the head of the request is longer than " + std::to_string(HttpRequestReader::kMaxHead) +
             " octets\n";
    case HttpStatus::kVersionNotSupported:
      return "only HTTP/1.0 and HTTP/1.1 are spoken here\n";
  }
  return "";
}

}  // namespace bpfcast
