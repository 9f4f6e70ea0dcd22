#include "metrics/http_request.h"

#include <algorithm>
#include <cctype>

namespace bpfcast {
namespace {

/// RFC 9110 5.6.2
bool IsToken(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

bool EqualsWithoutCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char left, char right) {
    return std::tolower(static_cast<unsigned char>(left)) == std::tolower(static_cast<unsigned char>(right));
  });
}

/// RFC 9112 3.2: "/metrics?a=b", or what a proxy is asked for, "http://router:9715/metrics".
std::string PathOf(std::string_view target) {
  constexpr std::string_view kScheme = "http://";
  if (EqualsWithoutCase(target.substr(0, kScheme.size()), kScheme)) {
    const std::size_t path = target.find('/', kScheme.size());
    target = path == std::string_view::npos ? std::string_view("/") : target.substr(path);
  }
  return std::string(target.substr(0, target.find_first_of("?#")));
}

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

HttpRequestReader::State HttpRequestReader::Read(std::string_view octets) {
  for (const char c : octets) {
    if (state_ != State::kReading) break;
    if (++size_ > kMaxHead) {
      Refuse(HttpStatus::kHeadTooLarge);
    } else if (c == '\n') {  // RFC 9112 2.2: CR LF; LF alone may be taken
      if (line_.ends_with('\r')) line_.pop_back();
      OnLine(line_);
      line_.clear();
    } else if ((std::iscntrl(static_cast<unsigned char>(c)) != 0 && c != '\t' && c != '\r') ||
               line_.ends_with('\r')) {
      Refuse(HttpStatus::kBadRequest);
    } else {
      line_ += c;
    }
  }
  return state_;
}

void HttpRequestReader::OnLine(std::string_view line) {
  if (has_request_line_) {
    if (line.empty()) return OnEnd();
    return OnField(line);
  }
  if (!line.empty()) OnRequestLine(line);  // RFC 9112 2.2: empty lines before it mean nothing
}

/// RFC 9112 3: method SP request-target SP HTTP-version
void HttpRequestReader::OnRequestLine(std::string_view line) {
  const std::size_t first = line.find(' ');
  const std::size_t second = first == std::string_view::npos ? first : line.find(' ', first + 1);
  if (second == std::string_view::npos) return Refuse(HttpStatus::kBadRequest);
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, second - first - 1);
  const std::string_view version = line.substr(second + 1);
  const bool is_version = version.size() == 8 && version.starts_with("HTTP/") && IsDigit(version[5]) &&
                          version[6] == '.' && IsDigit(version[7]);
  if (!IsToken(method) || target.empty() || !is_version) return Refuse(HttpStatus::kBadRequest);
  if (version[5] != '1') return Refuse(HttpStatus::kVersionNotSupported);
  needs_host_ = version[7] != '0';
  request_ = {std::string(method), PathOf(target)};
  has_request_line_ = true;
}

/// RFC 9112 5: nothing is read out of the fields; but what breaks their form is refused, lest two readers
/// understand it differently.
void HttpRequestReader::OnField(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !IsToken(line.substr(0, colon))) {
    return Refuse(HttpStatus::kBadRequest);
  }
  if (EqualsWithoutCase(line.substr(0, colon), "host")) ++hosts_;
}

void HttpRequestReader::OnEnd() {
  // RFC 9112 3.2
  if (hosts_ > 1 || (needs_host_ && hosts_ == 0)) return Refuse(HttpStatus::kBadRequest);
  state_ = State::kComplete;
}

void HttpRequestReader::Refuse(HttpStatus why) {
  state_ = State::kRefused;
  refusal_ = why;
}

}  // namespace bpfcast
