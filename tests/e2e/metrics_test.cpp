// What Prometheus reads: real scrapes of a router that forwards.
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <csignal>
#include <filesystem>

#include "fixture.h"
#include "support/exposition.h"
#include "support/unique_fd.h"

namespace bpfcast::test {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;
namespace fs = std::filesystem;

constexpr std::uint16_t kPort = 9715;
constexpr const char* kAt9715 = "metrics = \"127.0.0.1:9715\"\n";
constexpr auto kNewText = 400ms;  // who asks again at once gets the same
constexpr const char* kGet = "GET /metrics HTTP/1.1\r\nHost: router\r\nAccept: text/plain\r\n\r\n";

template <class Address>
UniqueFd Connected(const NetNs& ns, int family, const Address& address) {
  UniqueFd fd = ns.Socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval limit{10, 0};
  setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return UniqueFd();
  return fd;
}

/// A connection to 127.0.0.1 or ::1 of the namespace; without a descriptor when nobody listens there.
UniqueFd Connected(const NetNs& ns, std::uint16_t port = kPort, IpVersion version = IpVersion::k4) {
  if (version == IpVersion::k4) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return Connected(ns, AF_INET, address);
  }
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_loopback;
  address.sin6_port = htons(port);
  return Connected(ns, AF_INET6, address);
}

void Send(const UniqueFd& fd, const std::string& octets) {
  EXPECT_EQ(send(fd.get(), octets.data(), octets.size(), MSG_NOSIGNAL), static_cast<ssize_t>(octets.size()));
}

std::string ReadAll(const UniqueFd& fd) {
  std::string all;
  char part[65536];
  for (ssize_t got = 0; (got = recv(fd.get(), part, sizeof part, 0)) > 0;) {
    all.append(part, static_cast<std::size_t>(got));
  }
  return all;
}

std::string Ask(const NetNs& ns, const std::string& request, std::uint16_t port = kPort,
                IpVersion version = IpVersion::k4) {
  const UniqueFd fd = Connected(ns, port, version);
  if (!fd) return "nobody listens";
  Send(fd, request);
  return ReadAll(fd);
}

/// What Prometheus sees, if it is right in every line.
Exposition Scrape(const NetNs& ns, std::uint16_t port = kPort, IpVersion version = IpVersion::k4) {
  const std::string answer = Ask(ns, kGet, port, version);
  const std::size_t body = answer.find("\r\n\r\n");
  if (!answer.starts_with("HTTP/1.1 200 OK\r\n") || body == std::string::npos)
    throw std::runtime_error(answer);
  return Exposition(answer.substr(body + 4));
}

class Metrics : public E2e {
 protected:
  void Start(const std::string& keys) {
    daemon_.emplace(bed_.router(), keys + Configuration(), NamePrefix("e2e"));
    daemon_->WaitUntilUp(4);
  }
  Exposition::Labels Of(const json& port, Exposition::Labels more = {}) const {
    more.insert({{"proxy", daemon_->instance()}, {"interface", port["name"]}});
    return more;
  }
  std::string ReloadWith(const std::string& keys, int status = 0) {
    daemon_->config().Write(keys + Configuration());
    const CommandResult result = daemon_->Cli("reload");
    EXPECT_EQ(result.status, status) << result.out << result.err;
    return result.out + result.err;
  }
  std::size_t Descriptors() const {
    const fs::directory_iterator all("/proc/" + std::to_string(daemon_->pid()) + "/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
  }
};
INSTANTIATE_TEST_SUITE_P(Hook, Metrics, ::testing::Values("tc", "tc-ipv6", "kernel"), HookName);

TEST_P(Metrics, FiguresAreThoseOfTheViewsOfBothFamilies) {
  Start(version() == IpVersion::k4 ? kAt9715 : "metrics = \"[::1]:9715\"\n");
  EXPECT_EQ(Scrape(bed_.router(), kPort, version()).Sum("bpfcast_port_groups", {}), 0);
  Receiver receiver(bed_.h1(), AnyGroup());
  receiver.Join();
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan1"));
  {
    Sender sender(bed_.up(), FromUpstream(AnyGroup()));
    ASSERT_TRUE(receiver.WaitForTotal(200));
    sender.Stop();
    ASSERT_TRUE(Eventually([&] { return receiver.Of(SourceNo(1)).last == sender.sent() - 1; }));
  }
  // One moment: queries go out now and then.
  json ports;
  json status;
  std::optional<Exposition> scrape;
  ASSERT_TRUE(Eventually([&] {
    ports = Ports();
    status = daemon_->Call("status");
    std::this_thread::sleep_for(kNewText);
    scrape.emplace(Scrape(bed_.router(), kPort, version()));
    return ports == Ports();
  }));
  EXPECT_GE(scrape->At("bpfcast_forwarded_packets_total", {{"proxy", daemon_->instance()}}), 200);
  EXPECT_EQ(scrape->At("bpfcast_datapath_info",
                       {{"proxy", daemon_->instance()}, {"datapath", Hook() == "kernel" ? "kernel" : "bpf"}}),
            1);
  ASSERT_EQ(ports.size(), 4u);
  std::map<std::string, std::uint64_t> by_reason;
  for (const json& port : ports) {
    SCOPED_TRACE(port["name"]);
    EXPECT_EQ(scrape->At("bpfcast_port_info", Of(port, {{"role", port["role"]}, {"hook", port["hook"]}})), 1);
    EXPECT_EQ(scrape->At("bpfcast_port_up", Of(port)), port["state"] == "up");
    EXPECT_EQ(scrape->At("bpfcast_port_received_packets_total", Of(port)), port["rx_packets"]);
    EXPECT_EQ(scrape->At("bpfcast_port_received_bytes_total", Of(port)), port["rx_bytes"]);
    EXPECT_EQ(scrape->At("bpfcast_port_sent_packets_total", Of(port)), port["tx_packets"]);
    EXPECT_EQ(scrape->At("bpfcast_port_sent_bytes_total", Of(port)), port["tx_bytes"]);
    EXPECT_EQ(scrape->Sum("bpfcast_port_dropped_copies_total", Of(port)), port["tx_dropped"]);
    for (const auto& [reason, packets] : port["rx_drops"].items()) {
      const auto of = Of(port, {{"reason", reason}});
      EXPECT_EQ(scrape->Sum("bpfcast_port_passed_packets_total", of) +
                    scrape->Sum("bpfcast_port_dropped_packets_total", of),
                packets)
          << reason;
      by_reason[reason] += packets.get<std::uint64_t>();
    }
    for (const std::string family : {"ipv4", "ipv6"}) {
      const json& of = port[family];
      if (of["state"] == "off") continue;  // a bed without IPv6
      SCOPED_TRACE(family);
      const auto messages = [&](const char* what, const char* type) {
        return scrape->Sum(what, Of(port, {{"family", family}, {"type", type}}));
      };
      EXPECT_EQ(scrape->At("bpfcast_port_family_up", Of(port, {{"family", family}})), of["state"] == "up");
      EXPECT_EQ(messages("bpfcast_port_messages_received_total", "report"), of["reports_received"]);
      EXPECT_EQ(messages("bpfcast_port_messages_received_total", "query"), of["queries_received"]);
      EXPECT_EQ(messages("bpfcast_port_messages_sent_total", "report"), of["reports_sent"]);
      EXPECT_EQ(messages("bpfcast_port_messages_sent_total", "query"), of["queries_sent"]);
      for (const auto& [reason, count] : of["drops"].items()) {
        EXPECT_EQ(
            scrape->At("bpfcast_port_refused_total", Of(port, {{"family", family}, {"reason", reason}})),
            count);
      }
    }
  }
  for (const auto& [reason, count] : status["drops"].items()) {
    const Exposition::Labels of{{"proxy", daemon_->instance()}, {"reason", reason}};
    EXPECT_GE(scrape->Sum("bpfcast_passed_packets_total", of) +
                  scrape->Sum("bpfcast_dropped_packets_total", of) +
                  scrape->Sum("bpfcast_dropped_copies_total", of),
              count)
        << reason;
    // Every packet arrived somewhere (F-56).
    if (const auto found = by_reason.find(reason); found != by_reason.end()) {
      EXPECT_LE(found->second, scrape->Sum("bpfcast_passed_packets_total", of) +
                                   scrape->Sum("bpfcast_dropped_packets_total", of))
          << reason;
    }
  }
  const Exposition::Labels lan1{
      {"proxy", daemon_->instance()}, {"interface", "lan1"}, {"family", FamilyName()}};
  EXPECT_EQ(scrape->At("bpfcast_port_querier", lan1), 1);
  EXPECT_GE(scrape->At("bpfcast_port_groups", lan1), 1);
  EXPECT_GE(scrape->At("bpfcast_port_hosts", lan1), 1);
  EXPECT_EQ(scrape->At("bpfcast_merged_groups", {{"proxy", daemon_->instance()}, {"family", FamilyName()}}),
            status[FamilyName()]["groups"]);
}

class MetricsPort : public Metrics {};
INSTANTIATE_TEST_SUITE_P(Hook, MetricsPort, ::testing::Values("tc"), HookName);

TEST_P(MetricsPort, X_04_AReloadOpensMovesAndClosesIt) {
  Start("");
  EXPECT_EQ(Ask(bed_.router(), kGet), "nobody listens");
  EXPECT_THAT(ReloadWith(kAt9715), HasSubstr("metrics"));
  EXPECT_EQ(Scrape(bed_.router()).At("bpfcast_config_last_reload_successful", {}), 1);

  EXPECT_THAT(ReloadWith("metrics = \"127.0.0.1:9716\"\n"),
              HasSubstr("metrics 127.0.0.1:9715 -> 127.0.0.1:9716"));
  EXPECT_EQ(Ask(bed_.router(), kGet), "nobody listens");
  EXPECT_GT(Scrape(bed_.router(), 9716).size(), 100u);
  // The same port of all addresses cannot be taken beside it.
  ReloadWith("metrics = \"0.0.0.0:9716\"\n");
  EXPECT_GT(Scrape(bed_.router(), 9716).size(), 100u);

  UniqueFd other = bed_.router().Socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_port = htons(9717);
  ASSERT_EQ(bind(other.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any), 0);
  ASSERT_EQ(listen(other.get(), 1), 0);
  EXPECT_THAT(
      ReloadWith("metrics = \"127.0.0.1:9717\"\n", 1),
      AllOf(HasSubstr("metrics: listen on 127.0.0.1:9717: Address already in use; choose another port"),
            HasSubstr("the running configuration stays")));
  EXPECT_TRUE(Eventually([&] {  // who asks soon gets the text of before
    return Scrape(bed_.router(), 9716).At("bpfcast_config_last_reload_successful", {}) == 0;
  }));

  EXPECT_THAT(
      ReloadWith("metrics = \"router:9715\"\n", 2),
      HasSubstr("'metrics' must be an address and a port, as in \"127.0.0.1:9715\" or \"[::1]:9715\": "
                "'router' is no IPv4 address"));
  ReloadWith("");
  EXPECT_EQ(Ask(bed_.router(), kGet, 9716), "nobody listens");
  EXPECT_TRUE(daemon_->Running());
}

TEST_P(MetricsPort, OneThatIsTakenIsToldAtTheStart) {
  UniqueFd other = bed_.router().Socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_port = htons(kPort);
  ASSERT_EQ(bind(other.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any), 0);
  ASSERT_EQ(listen(other.get(), 1), 0);
  const ConfigFile file(kAt9715 + Configuration());
  const CommandResult result =
      RunCommand({DaemonPath(), "--instance", NamePrefix("e2e"), "-c", file.path()}, &bed_.router());
  EXPECT_EQ(result.status, 3);
  EXPECT_THAT(result.err,
              HasSubstr("metrics: listen on 127.0.0.1:9715: Address already in use; choose another "
                        "port, or end what listens there: ss -ltnp sport = :9715"));
  EXPECT_FALSE(fs::exists("/sys/fs/bpf/bpfcast/" + NamePrefix("e2e")));
}

TEST_P(MetricsPort, ClientsThatMeanNoGoodCostLittleAndDisturbNobody) {
  Start(kAt9715);
  Receiver receiver(bed_.h1(), kG);
  receiver.Join();
  Sender sender(bed_.up(), FromUpstream(kG));
  ASSERT_TRUE(receiver.WaitForFirst(Source(1)));
  ASSERT_GT(Scrape(bed_.router()).size(), 100u);
  ASSERT_TRUE(Eventually([&] { return Ask(bed_.router(), "GET / HTTP/1.0\r\n\r\n") != ""; }));
  const std::size_t descriptors = Descriptors();
  {
    std::vector<UniqueFd> clients;
    for (int i = 0; i < 64; ++i) {
      clients.push_back(Connected(bed_.router()));
      ASSERT_TRUE(clients.back());
      if (i % 4 == 1) Send(clients.back(), "GET /metrics HTTP/1.1\r\nHost: r");  // and no more
      if (i % 4 == 2) Send(clients.back(), kGet);                                // and does not read
      if (i % 4 == 3) Send(clients.back(), std::string("\x16\x03\x01\0\xff", 5));
    }
    EXPECT_GT(Scrape(bed_.router()).size(), 100u);
    EXPECT_LE(Descriptors(), descriptors + 16);
    EXPECT_TRUE(daemon_->Call("status").is_object());
  }
  EXPECT_THAT(Ask(bed_.router(), "GET / HTTP/1.0\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 404 "), EndsWith("\r\n\r\nbpfcast: the metrics are at /metrics\n")));
  EXPECT_THAT(Ask(bed_.router(), "POST /metrics HTTP/1.1\r\nHost: r\r\n\r\n"), StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(Ask(bed_.router(), "HEAD /metrics HTTP/1.1\r\nHost: r\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 200 "), EndsWith("\r\n\r\n")));
  EXPECT_THAT(Ask(bed_.router(), std::string(9000, 'x')), StartsWith("HTTP/1.1 431 "));
  std::this_thread::sleep_for(kNewText);
  const Exposition scrape = Scrape(bed_.router());
  EXPECT_GE(scrape.At("bpfcast_http_requests_total", {{"code", "400"}}), 8);
  EXPECT_EQ(scrape.At("bpfcast_http_requests_total", {{"code", "405"}}), 1);
  EXPECT_GE(scrape.At("bpfcast_http_connections_closed_total", {{"reason", "crowded"}}), 1);
  sender.Stop();
  EXPECT_TRUE(Eventually([&] { return receiver.Of(Source(1)).last == sender.sent() - 1; }));
  ExpectNoGap(receiver, Source(1));
}

/// `user` gives up root before anybody can ask.
TEST_P(MetricsPort, OneScrapeTellsOfAllProxiesOfTheProcess) {
  const std::string tv = NamePrefix("e2e") + "-tv";
  const std::string cams = NamePrefix("e2e") + "-cams";
  const ConfigFile file(kAt9715 + std::string("user = \"nobody\"\n[proxy.") + tv +
                        "]\nupstream = \"wan0\"\ndownstream = \"lan1\"\n[proxy." + cams +
                        "]\nupstream = \"lan3\"\ndownstream = \"lan2\"\n");
  Process process({DaemonPath(), "-c", file.path()}, &bed_.router());
  ASSERT_TRUE(Eventually([&] { return static_cast<bool>(Connected(bed_.router())); })) << process.Err();
  ASSERT_TRUE(Eventually([&] { return Scrape(bed_.router()).Sum("bpfcast_port_up", {}) == 4; }))
      << process.Err();
  const Exposition scrape = Scrape(bed_.router());
  EXPECT_EQ(scrape.At("bpfcast_port_up", {{"proxy", tv}, {"interface", "wan0"}}), 1);
  EXPECT_EQ(scrape.At("bpfcast_port_up", {{"proxy", tv}, {"interface", "lan1"}}), 1);
  EXPECT_EQ(scrape.At("bpfcast_port_up", {{"proxy", cams}, {"interface", "lan3"}}), 1);
  EXPECT_EQ(scrape.At("bpfcast_port_up", {{"proxy", cams}, {"interface", "lan2"}}), 1);
  EXPECT_EQ(scrape.families().at("process_cpu_seconds_total").samples.size(), 1u);
  process.Signal(SIGTERM);
  EXPECT_EQ(process.Wait(10s), 0) << process.Err();
}

}  // namespace
}  // namespace bpfcast::test
