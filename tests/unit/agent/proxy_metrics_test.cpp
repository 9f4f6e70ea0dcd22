#include "agent/proxy_metrics.h"

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>
#include <set>

#include "agent/metric_list.h"
#include "support/exposition.h"
#include "views_bed.h"

#ifndef BPFCAST_METRICS_DOC
#define BPFCAST_METRICS_DOC "tools/doc/metrics.md"  // where it is started at the root of the tree
#endif

namespace bpfcast {
namespace {

using test::Exposition;
using ::testing::HasSubstr;
using ::testing::Not;

template <class F>
class ProxyMetricsTest : public ViewsBedOf<F> {
 protected:
  using typename ViewsBedOf<F>::seconds;

  ProxyMetricsTest() {
    counters_.ports = {{this->kUpstream, {1000, 1'316'000}, {}, {{"noroute", 40}, {"rpf", 10}}, {}},
                       {this->kLan1, {}, {900, 1'184'400}, {}, {{"thr", 2}, {"mtu", 5}}}};
    counters_.forwarded = 950;
    counters_.drops = {{"noroute", 40}, {"rpf", 10}, {"mtu", 7}, {"hdr", 0}};
    counters_.tables = {{"routes", 3, 131072}};
  }
  std::string Text(const DatapathCounters* counters, Time now = {}) const {
    MetricFamilies families(MetricInfos());
    AddProxyMetrics(
        {"tv", Forwarder::kBpf, this->ports_, this->ipv4_, this->ipv6_, counters, now, 1'700'000'000},
        families);
    return families.ToText();
  }
  Exposition Scrape(Time now = {}) const { return Exposition(Text(&counters_, now)); }
  static Exposition::Labels Lan1(Exposition::Labels more = {}) {
    more.insert({{"proxy", "tv"}, {"interface", "lan1"}});
    return more;
  }
  static Exposition::Labels Lan1OfFamily(Exposition::Labels more = {}) {
    more.insert({"family", std::is_same_v<F, Igmp> ? "ipv4" : "ipv6"});
    return Lan1(std::move(more));
  }

  DatapathCounters counters_;
};
using Families = ::testing::Types<Igmp, Mld>;
TYPED_TEST_SUITE(ProxyMetricsTest, Families);

TYPED_TEST(ProxyMetricsTest, EverySeriesIsThereFromTheStart) {
  const Exposition scrape = this->Scrape();
  for (const char* reason : {"IPHDR", "CSUM", "TTL", "LIMIT", "POLICY"}) {
    EXPECT_EQ(scrape.At("bpfcast_port_refused_total", this->Lan1OfFamily({{"reason", reason}})), 0) << reason;
  }
  EXPECT_EQ(scrape.At("bpfcast_port_groups", this->Lan1OfFamily()), 0);
  EXPECT_EQ(scrape.At("bpfcast_port_last_query_timestamp_seconds", this->Lan1OfFamily()), 0);
  EXPECT_EQ(scrape.At("bpfcast_dropped_packets_total", {{"proxy", "tv"}, {"reason", "hdr"}}), 0);
  // what it is without a setting.
  EXPECT_EQ(scrape.At("bpfcast_port_max_groups", this->Lan1OfFamily()), 32768);
  EXPECT_EQ(scrape.At("bpfcast_port_max_sources", this->Lan1OfFamily()), 262144);
  EXPECT_EQ(scrape.At("bpfcast_port_max_hosts", this->Lan1OfFamily()), 65536);
  // F-56, of a port that the datapath does not know, too.
  const Exposition::Labels lan2{{"proxy", "tv"}, {"interface", "lan2"}};
  for (const auto& [metric, reason] : {std::pair("bpfcast_port_passed_packets_total", "ttl"),
                                       std::pair("bpfcast_port_passed_packets_total", "lease"),
                                       std::pair("bpfcast_port_dropped_packets_total", "hdr"),
                                       std::pair("bpfcast_port_dropped_packets_total", "nomem"),
                                       std::pair("bpfcast_port_dropped_copies_total", "thr"),
                                       std::pair("bpfcast_port_dropped_copies_total", "refused")}) {
    Exposition::Labels labels = lan2;
    labels["reason"] = reason;
    EXPECT_EQ(scrape.At(metric, labels), 0) << metric << " " << reason;
  }
  EXPECT_EQ(scrape.At("bpfcast_datapath_info", {{"proxy", "tv"}, {"datapath", "bpf"}}), 1);
  EXPECT_EQ(scrape.At("bpfcast_port_info", this->Lan1({{"role", "downstream"}, {"hook", "tc"}})), 1);
  EXPECT_EQ(scrape.At("bpfcast_port_up", this->Lan1()), 1);
  EXPECT_EQ(scrape.At("bpfcast_port_family_up", this->Lan1OfFamily()), 1);
}

TYPED_TEST(ProxyMetricsTest, PacketsAreThoseOfTheDatapathEachUnderWhatBecameOfIt) {
  const Exposition scrape = this->Scrape();
  EXPECT_EQ(scrape.At("bpfcast_forwarded_packets_total", {{"proxy", "tv"}}), 950);
  EXPECT_EQ(scrape.At("bpfcast_passed_packets_total", {{"proxy", "tv"}, {"reason", "noroute"}}), 40);
  EXPECT_EQ(scrape.At("bpfcast_dropped_packets_total", {{"proxy", "tv"}, {"reason", "rpf"}}), 10);
  EXPECT_EQ(scrape.At("bpfcast_dropped_copies_total", {{"proxy", "tv"}, {"reason", "mtu"}}), 7);
  // F-56: a packet has one fate.
  EXPECT_EQ(scrape.Sum("bpfcast_port_received_packets_total", {}),
            scrape.Sum("bpfcast_forwarded_packets_total", {}) +
                scrape.Sum("bpfcast_passed_packets_total", {}) +
                scrape.Sum("bpfcast_dropped_packets_total", {}));
  EXPECT_EQ(scrape.At("bpfcast_port_sent_packets_total", this->Lan1()), 900);
  EXPECT_EQ(scrape.At("bpfcast_port_sent_bytes_total", this->Lan1()), 1'184'400);
  EXPECT_EQ(scrape.At("bpfcast_port_dropped_copies_total", this->Lan1({{"reason", "mtu"}})), 5);
  EXPECT_EQ(scrape.Sum("bpfcast_port_dropped_copies_total", this->Lan1()), 7);
  const Exposition::Labels wan{{"proxy", "tv"}, {"interface", "eth0"}};
  const auto of_wan = [&](const char* reason) {
    Exposition::Labels labels = wan;
    labels["reason"] = reason;
    return labels;
  };
  EXPECT_EQ(scrape.At("bpfcast_port_passed_packets_total", of_wan("noroute")), 40);
  EXPECT_EQ(scrape.At("bpfcast_port_dropped_packets_total", of_wan("rpf")), 10);
  EXPECT_EQ(scrape.Sum("bpfcast_port_passed_packets_total", wan), 40);
  EXPECT_EQ(scrape.Sum("bpfcast_port_dropped_packets_total", wan), 10);
  EXPECT_EQ(scrape.At("bpfcast_table_entries", {{"proxy", "tv"}, {"table", "routes"}}), 3);
  EXPECT_EQ(scrape.At("bpfcast_table_capacity", {{"proxy", "tv"}, {"table", "routes"}}), 131072);
}

TYPED_TEST(ProxyMetricsTest, PacketsThatCannotBeReadAreLeftOutAndNot0) {
  const std::string text = this->Text(nullptr);
  EXPECT_THAT(text, Not(HasSubstr("packets_total")));
  EXPECT_THAT(text, Not(HasSubstr("bytes_total")));
  EXPECT_EQ(Exposition(text).At("bpfcast_port_up", this->Lan1()), 1);
}

TYPED_TEST(ProxyMetricsTest, MembersOfAPortAreCountedWithoutASeriesOfTheirOwn) {
  const std::size_t before = this->Scrape().size();
  this->Report(this->kLan1, this->kHost, {RecordType::kToEx, this->kGroup, {}}, this->kStart);
  this->Report(this->kLan1, this->kHost2, {RecordType::kAllow, this->kGroup, {this->kSource, this->kOther}},
               this->kStart);
  const Exposition scrape = this->Scrape();
  EXPECT_EQ(scrape.size(), before);
  EXPECT_EQ(scrape.At("bpfcast_port_groups", this->Lan1OfFamily()), 1);
  EXPECT_EQ(scrape.At("bpfcast_port_sources", this->Lan1OfFamily()), 2);
  EXPECT_EQ(scrape.At("bpfcast_port_hosts", this->Lan1OfFamily()), 2);
  EXPECT_EQ(scrape.Sum("bpfcast_merged_groups", {}), 1);
  const auto newest = std::is_same_v<TypeParam, Igmp> ? "3" : "2";
  EXPECT_EQ(scrape.At("bpfcast_port_messages_received_total",
                      this->Lan1OfFamily({{"type", "report"}, {"version", newest}})),
            2);
  EXPECT_EQ(scrape.At("bpfcast_port_messages_received_total",
                      this->Lan1OfFamily({{"type", "report"}, {"version", "1"}})),
            0);
  EXPECT_EQ(scrape.Sum("bpfcast_port_messages_received_total", this->Lan1OfFamily({{"type", "report"}})), 2);
}

TYPED_TEST(ProxyMetricsTest, TheQuerierIsWhoWonTheElection) {
  EXPECT_EQ(this->Scrape().At("bpfcast_port_querier", this->Lan1OfFamily()), 1);
  // C-51, C-52: the lower address wins.
  auto lower = this->OfPort(1).bytes();
  lower.back() = 1;
  this->GeneralQuery(this->kLan1, typename TypeParam::Address(lower), Version::kV3,
                     this->kStart + typename TestFixture::seconds(5));
  const Exposition scrape = this->Scrape(this->kStart + typename TestFixture::seconds(8));
  EXPECT_EQ(scrape.At("bpfcast_port_querier", this->Lan1OfFamily()), 0);
  EXPECT_EQ(scrape.Sum("bpfcast_port_messages_received_total", this->Lan1OfFamily({{"type", "query"}})), 1);
  EXPECT_EQ(scrape.At("bpfcast_port_last_query_timestamp_seconds", this->Lan1OfFamily()), 1'699'999'997);
}

TYPED_TEST(ProxyMetricsTest, APortThatWaitsAndAFamilyThatIsNotServedSaySo) {
  this->ports_[1].waiting = "no such device";
  this->ports_[1].hook.reset();
  auto& family = std::is_same_v<TypeParam, Igmp> ? this->ports_[1].ipv4 : this->ports_[1].ipv6;
  family.service = {Service::kWaits, "no address"};
  EXPECT_EQ(this->Scrape().At("bpfcast_port_up", this->Lan1()), 0);
  EXPECT_EQ(this->Scrape().At("bpfcast_port_family_up", this->Lan1OfFamily()), 0);
  EXPECT_EQ(this->Scrape().At("bpfcast_port_info", this->Lan1({{"role", "downstream"}, {"hook", "none"}})),
            1);
  family.service = {Service::kOff, "not configured"};
  EXPECT_THROW(static_cast<void>(this->Scrape().At("bpfcast_port_family_up", this->Lan1OfFamily())),
               std::runtime_error);
}

TEST(MetricList, HasNamesAsPrometheusWantsThem) {
  std::set<std::string_view> names;
  for (const MetricInfo& info : MetricInfos()) {
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    EXPECT_TRUE(info.name.starts_with("bpfcast_") || info.name.starts_with("process_")) << info.name;
    EXPECT_EQ(info.name.ends_with("_total"), info.kind == MetricKind::kCounter) << info.name;
    EXPECT_FALSE(info.help.empty() || info.help.ends_with('.')) << info.name;
    EXPECT_EQ(info.help.find_first_of("\\\n"), std::string_view::npos) << "help is not escaped";
  }
}

TEST(MetricList, IsThatOfTheDocument) {
  std::ifstream file(BPFCAST_METRICS_DOC);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  std::size_t rows = 0;
  for (std::size_t at = text.find("\n| `"); at != std::string::npos; at = text.find("\n| `", at + 1)) ++rows;
  EXPECT_EQ(rows, MetricInfos().size());
  for (const MetricInfo& info : MetricInfos()) {
    const char* kind = info.kind == MetricKind::kCounter ? "counter" : "gauge";
    EXPECT_THAT(text, HasSubstr("\n| `" + std::string(info.name) + "` | " + kind + " | "));
  }
}

}  // namespace
}  // namespace bpfcast
