#include "agent/log_text.h"

#include <spdlog/fmt/fmt.h>

#include <chrono>

#include "agent/family_words.h"

namespace bpfcast {
namespace {

std::string SecondsText(Duration duration) {
  return fmt::format("{:g} s", std::chrono::duration<double>(duration).count());
}

/// B-05 is a little more than the robustness times the query interval; older queries say neither.
template <class F>
std::string Silence(const LinkNotice<F>& notice) {
  if (notice.robustness == 0 || notice.query_interval == Duration::zero()) return "long enough";
  return "for a little more than " + SecondsText(notice.robustness * notice.query_interval);
}

/// What a query said of robustness and query interval; at least one of them.
template <class F>
std::string Variables(const LinkNotice<F>& notice) {
  std::string text;
  if (notice.robustness != 0) text += fmt::format("robustness {}", notice.robustness);
  if (notice.query_interval != Duration::zero()) {
    text += (text.empty() ? "query-interval " : " and query-interval ") + SecondsText(notice.query_interval);
  }
  return text;
}

}  // namespace

template <class F>
std::string Describe(const LinkNotice<F>& notice, const std::string& port) {
  using Words = FamilyWords<F>;
  const std::string router = notice.router.ToString();
  const std::string protocol = ProtocolName<F>(notice.version);
  const int version = Words::Number(notice.version);
  switch (notice.event) {
    case LinkEvent::kYielded:
      return fmt::format(
          "{0}: {1} is the querier now; bpfcast forwards no {4} multicast to {0}, unless "
          "forward-if-not-querier = "
          "true is set for it, until {1} was silent {2} (to be the querier, give {0} {3} {1})",
          port, router, Silence(notice), Words::kToBeTheQuerier, Words::kIp);
    case LinkEvent::kTookOver:
      return fmt::format("{0}: {1} fell silent; bpfcast is the querier now and forwards {2} multicast to {0}",
                         port, router, Words::kIp);
    case LinkEvent::kOlderQuery:
      return fmt::format(
          "{0}: {1} sends {2} queries, an older version than {0} has; all routers of a link must use the "
          "same "
          "(set {3} = {4} for {0}, or a newer version on {1}); until then compat-querier = \"auto\" speaks "
          "{2} "
          "as well, and \"fixed\" does not",
          port, router, protocol, Words::kVersionKey, version);
    case LinkEvent::kNewerQuery:
      return fmt::format(
          "{0}: {1} sends {2} queries, a newer version than {0} has; all routers of a link must use the same "
          "(set {3} = {4} for {0}, or an older version on {1})",
          port, router, protocol, Words::kVersionKey, version);
    case LinkEvent::kTimingDiffers:
      return fmt::format(
          "{0}: {1} queries with {2}, which {0} does not have; set the same on all routers of the link, or "
          "members are lost when another of them becomes the querier",
          port, router, Variables(notice));
    case LinkEvent::kOwnAddress:
      return fmt::format(
          "{0}: {1} with one of this machine's own addresses came in: another machine has the same address, "
          "or {0} is looped to another link of this machine; it is ignored",
          port, F::kName);
    case LinkEvent::kForeignQuery:
      return fmt::format("{}: queries from {} are ignored: no router of the link can have this address", port,
                         router);
    case LinkEvent::kReservedGroup:
      return fmt::format(
          "{}: {} asks for sources of {}, which RFC 4607 reserves: none should send to it; it is served all "
          "the same",
          port, router, notice.group.ToString());
  }
  return "";
}

template <class F>
std::string Describe(const LoopNotice& notice, const std::string& one, const std::string& other) {
  constexpr auto kIp = FamilyWords<F>::kIp;
  switch (notice.state) {
    case LoopNotice::State::kBegan:
      break;
    case LoopNotice::State::kEnded:
      return fmt::format(
          "{0} and {1}: no longer on one segment, as far as {2} tells{3}", one, other, F::kName,
          notice.guard == LoopGuardMode::kBlock ? fmt::format("; {} multicast is forwarded there again", kIp)
                                                : "");
  }
  const std::string loop = fmt::format(
      "{0} and {1}: each hears the {2} that the other sends, so both are on one segment, bridged together or "
      "plugged into one switch",
      one, other, F::kName);
  switch (notice.guard) {
    case LoopGuardMode::kBlock:
      return fmt::format(
          "{}; no {} multicast is forwarded on either of them until that ends (take one of them out of the "
          "segment or of the configuration)",
          loop, kIp);
    case LoopGuardMode::kNotice:
      return fmt::format("{}; {} multicast may go round in circles (take one of them out)", loop, kIp);
  }
  return loop;
}

template std::string Describe<Igmp>(const LoopNotice&, const std::string&, const std::string&);
template std::string Describe<Mld>(const LoopNotice&, const std::string&, const std::string&);
template std::string Describe(const LinkNotice<Igmp>&, const std::string&);
template std::string Describe(const LinkNotice<Mld>&, const std::string&);

}  // namespace bpfcast
