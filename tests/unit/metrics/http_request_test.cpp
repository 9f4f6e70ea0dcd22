#include "metrics/http_request.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "metrics/http_answer.h"

namespace bpfcast {
namespace {

using State = HttpRequestReader::State;

HttpRequestReader Read(std::string_view octets) {
  HttpRequestReader reader;
  reader.Read(octets);
  return reader;
}

constexpr std::string_view kGet = "GET /metrics HTTP/1.1\r\nHost: router:9715\r\nAccept: text/plain\r\n\r\n";

TEST(HttpRequest, IsMethodAndPath) {
  const HttpRequestReader reader = Read(kGet);
  ASSERT_EQ(reader.state(), State::kComplete);
  EXPECT_EQ(reader.request().method, "GET");
  EXPECT_EQ(reader.request().path, "/metrics");
}

TEST(HttpRequest, IsTheSameInWhateverPiecesItComes) {
  for (std::size_t cut = 1; cut < kGet.size(); ++cut) {
    HttpRequestReader reader;
    ASSERT_EQ(reader.Read(kGet.substr(0, cut)), State::kReading) << cut;
    ASSERT_EQ(reader.Read(kGet.substr(cut)), State::kComplete) << cut;
    EXPECT_EQ(reader.request().path, "/metrics");
  }
  HttpRequestReader reader;
  for (const char& octet : kGet) reader.Read({&octet, 1});
  EXPECT_EQ(reader.state(), State::kComplete);
}

TEST(HttpRequest, HasOtherFormsThatMeanTheSame) {  // RFC 9112 2.2, 3.2
  const std::string_view forms[] = {"GET /metrics HTTP/1.0\r\n\r\n",
                                    "GET /metrics HTTP/1.0\n\n",
                                    "\r\n\r\nGET /metrics HTTP/1.0\r\n\r\n",
                                    "GET /metrics?name[]=up HTTP/1.0\r\n\r\n",
                                    "GET http://router:9715/metrics HTTP/1.1\r\nhost: router:9715\r\n\r\n",
                                    "GET HTTP://router/metrics?a HTTP/1.1\r\nHOST:router\r\n\r\n",
                                    "GET /metrics HTTP/1.1\r\nHost:\r\n\r\n",
                                    "GET /metrics HTTP/1.0\r\n\r\nGET /other HTTP/1.0\r\n\r\n"};
  for (const std::string_view form : forms) {
    const HttpRequestReader reader = Read(form);
    ASSERT_EQ(reader.state(), State::kComplete) << form;
    EXPECT_EQ(reader.request().path, "/metrics") << form;
    EXPECT_EQ(StatusFor(reader), HttpStatus::kOk) << form;
  }
}

TEST(HttpRequest, IsRefusedWhenItIsNone) {
  const std::string_view garbage[] = {"GET /metrics\r\n",            // HTTP/0.9
                                      "GET  /metrics HTTP/1.1\r\n",  // an empty target
                                      "GET /metrics HTTP/1.1 \r\n",
                                      "GET /metrics http/1.1\r\n",
                                      "GET /metrics HTTP/1.10\r\n",
                                      "G@T /metrics HTTP/1.1\r\n",
                                      " GET /metrics HTTP/1.1\r\n",
                                      "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"status\"}\n",
                                      "GET /metrics HTTP/1.1\r\n\r\n",  // RFC 9112 3.2: no Host
                                      "GET /metrics HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
                                      "GET /metrics HTTP/1.1\r\nHost : a\r\n",            // RFC 9112 5.1
                                      "GET /metrics HTTP/1.1\r\nHost: a\r\n folded\r\n",  // RFC 9112 5.2
                                      "GET /metrics HTTP/1.1\r\nno colon\r\n",
                                      "GET /metrics HTTP/1.1\r\n: no name\r\n",
                                      "GET /metrics\rHTTP/1.1",  // a CR without LF
                                      std::string_view("GET /met\0rics", 13),
                                      "\x16\x03\x01\x02"};  // TLS, seen at its first octet
  for (const std::string_view text : garbage) {
    const HttpRequestReader reader = Read(text);
    EXPECT_EQ(reader.state(), State::kRefused) << text;
    EXPECT_EQ(StatusFor(reader), HttpStatus::kBadRequest) << text;
  }
}

TEST(HttpRequest, OfAnotherVersionIsToldSo) {
  EXPECT_EQ(StatusFor(Read("PRI * HTTP/2.0\r\n")), HttpStatus::kVersionNotSupported);
  EXPECT_EQ(StatusFor(Read("GET / HTTP/3.0\r\n")), HttpStatus::kVersionNotSupported);
}

TEST(HttpRequest, HasAHeadOfAtMost8KiB) {
  const std::string begin = "GET /metrics HTTP/1.0\r\nX: ";
  const std::string end = "\r\n\r\n";
  const std::string fits = begin + std::string(8192 - begin.size() - end.size(), 'x') + end;
  EXPECT_EQ(Read(fits).state(), State::kComplete);
  const HttpRequestReader large = Read(begin + std::string(8192 - begin.size() - end.size() + 1, 'x') + end);
  EXPECT_EQ(StatusFor(large), HttpStatus::kHeadTooLarge);
  EXPECT_EQ(StatusFor(Read(std::string(100'000, 'x'))), HttpStatus::kHeadTooLarge);
  EXPECT_EQ(StatusFor(Read(std::string(100'000, '\n'))), HttpStatus::kHeadTooLarge);
}

TEST(HttpRequest, IsAnsweredByPathAndMethod) {
  const std::pair<const char*, HttpStatus> requests[] = {{"GET /metrics", HttpStatus::kOk},
                                                         {"HEAD /metrics", HttpStatus::kOk},
                                                         {"POST /metrics", HttpStatus::kMethodNotAllowed},
                                                         {"get /metrics", HttpStatus::kMethodNotAllowed},
                                                         {"GET /", HttpStatus::kNotFound},
                                                         {"GET /metrics/", HttpStatus::kNotFound},
                                                         {"GET /metricsx", HttpStatus::kNotFound},
                                                         {"POST /other", HttpStatus::kNotFound},
                                                         {"OPTIONS *", HttpStatus::kNotFound},
                                                         {"GET http://router", HttpStatus::kNotFound}};
  for (const auto& [line, status] : requests) {
    EXPECT_EQ(StatusFor(Read(std::string(line) + " HTTP/1.0\r\n\r\n")), status) << line;
  }
}

TEST(HttpAnswer, SaysWhatFollows) {
  EXPECT_EQ(HttpHead(HttpStatus::kOk, 12),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
            "Content-Length: 12\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(HttpHead(HttpStatus::kMethodNotAllowed, 0),
            "HTTP/1.1 405 Method Not Allowed\r\nContent-Type: text/plain; charset=utf-8\r\n"
            "Allow: GET, HEAD\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  for (const HttpStatus status : kHttpStatuses) {
    const std::string hint = HttpHint(status);
    EXPECT_EQ(hint.empty(), status == HttpStatus::kOk);
    EXPECT_EQ(hint.find('\n'), hint.empty() ? std::string::npos : hint.size() - 1) << "one line";
  }
}

}  // namespace
}  // namespace bpfcast
