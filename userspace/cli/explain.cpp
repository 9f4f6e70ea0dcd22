#include <spdlog/fmt/fmt.h>

#include <nlohmann/json.hpp>

#include "cli/ansi.h"
#include "cli/human.h"
#include "cli/verbs.h"
#include "cli/view.h"
#include "cli/wording.h"

namespace bpfcast {
namespace {

using Json = nlohmann::ordered_json;

/// Lines under one word that stands before the first of them.
class Step {
 public:
  explicit Step(const char* word) : word_(word) {}
  void Add(const std::string& line) { text_ += fmt::format("{:<11} {}\n", text_.empty() ? word_ : "", line); }
  std::string ToString(const std::string& otherwise) {
    if (text_.empty()) Add(otherwise);
    return text_;
  }

 private:
  const char* word_;
  std::string text_;
};

std::string Obstacle(const Json& row) {
  const std::string reason = TextOf(row, "reason");
  return reason.empty() ? "" : "  <- " + reason;
}

std::string WantedText(const Json& rows) {
  Step step("wanted");
  for (const Json& row : rows) {
    const std::string port = TextOf(row, "port");
    if (!row.at("wants").get<bool>()) {
      if (!TextOf(row, "reason").empty()) step.Add(port + ": no" + Obstacle(row));
      continue;
    }
    const std::string what = Wanted(row);
    if (row.at("configured").get<bool>()) step.Add(port + " static: " + what + Obstacle(row));
    for (const Json& host : row.at("hosts")) {
      step.Add(fmt::format("{} by {} ({} {}: {}) {} ago, until {}{}", port, TextOf(host, "address"),
                           TextOf(host, "protocol"), TextOf(host, "mode"), what,
                           SecondsOf(host.at("last_report_s")), SecondsOf(host.at("expires_s")),
                           Obstacle(row)));
    }
    if (row.at("hosts").empty() && !row.at("configured").get<bool>()) {
      step.Add(port + ": " + what + ", by hosts that are not known one by one" + Obstacle(row));
    }
  }
  return step.ToString("by nobody");
}

std::string JoinedText(const Json& row) {
  Step step("joined");
  std::string line = TextOf(row, "port") + ": ";
  if (row.at("asked").get<bool>()) {
    line += Wanted(row) + ", in " + TextOf(row, "protocol");
    if (row.at("speaker") == "kernel") {
      line += ", by the kernel";
    } else {
      line += fmt::format(
          "; {} reports sent, the last {}", HumanCount(NumberOf(row, "reports_sent")),
          row.at("last_report_s").is_null() ? "never" : SecondsOf(row.at("last_report_s")) + " ago");
    }
  } else {
    line += "no";
  }
  line += row.at("querier").is_null() ? "; no querier was heard"
                                      : fmt::format("; querier {} heard {} ago", TextOf(row, "querier"),
                                                    SecondsOf(row.at("last_query_s")));
  step.Add(line + Obstacle(row));
  return step.ToString("");
}

std::string DataText(const Json& rows) {
  Step step("data");
  for (const Json& row : rows) {
    const std::string state = TextOf(row, "state");
    std::string line =
        fmt::format("{} on {}: ", TextOf(row, "source"),
                    row.at("arrival").is_null() ? "a port that is gone" : TextOf(row, "arrival"));
    if (state == "unwanted") {
      line += "packets that nobody asked for";
    } else {
      line += HumanCount(NumberOf(row, "packets")) + " packets forwarded";
      if (const auto dropped = NumberOf(row, "dropped"); dropped > 0)
        line += ", " + HumanCount(dropped) + " not";
    }
    const double packets_per_s = row.at("packets_per_s").get<double>();
    if (packets_per_s > 0) line += ", " + HumanRate(row.at("bits_per_s").get<double>(), packets_per_s);
    line += ", last " + SecondsOf(row.at("last_packet_s")) + " ago";
    step.Add(line + Obstacle(row));
  }
  return step.ToString("none was seen");
}

std::string DeliveredText(const Json& answer) {
  Step step("delivered");
  for (const Json& port : answer.at("delivered")) {
    bool takes = false;
    for (const Json& row : answer.at("data")) {
      for (const Json& taker : row.at("ports")) takes = takes || taker == port.at("port");
    }
    bool wants = false;
    for (const Json& row : answer.at("wanted")) {
      wants = wants || (row.at("port") == port.at("port") && row.at("wants").get<bool>());
    }
    if (!takes && !wants) continue;
    const bool dropped = NumberOf(port, "tx_dropped") > 0;
    step.Add(fmt::format(
        "{}: {}, {} packets of all streams sent{}{}", TextOf(port, "port"),
        port.at("hook").is_null() ? "no hook (" + TextOf(port, "hook_reason") + ")" : TextOf(port, "hook"),
        HumanCount(NumberOf(port, "tx_packets")), dropped ? ", dropped " + CopiesDroppedText(port) : "",
        takes ? "" : "  <- not of this one"));
  }
  return step.ToString("to no port");
}

}  // namespace

std::string ExplainText(const Json& answer, Invocation::Colour colour) {
  const Json& verdict = answer.at("verdict");
  std::string text = WantedText(answer.at("wanted")) + JoinedText(answer.at("joined")) +
                     DataText(answer.at("data")) + DeliveredText(answer);
  const std::string state = TextOf(verdict, "state");
  const Tone tone = state == "delivering"     ? Tone::kGood
                    : state == "nobody-wants" ? Tone::kWaiting
                                              : Tone::kBad;
  text += fmt::format("{:<11} {}: {}\n", "verdict", Paint(tone, state, colour), TextOf(verdict, "sentence"));
  if (const std::string next = TextOf(verdict, "next"); !next.empty()) {
    text += fmt::format("{:<11} {}\n", "next", next);
  }
  return text;
}

Verb ExplainVerb() {
  using Kind = Argument::Kind;
  return {"explain",
          "Where a stream ends, why, and what to do: wanted, joined, data, delivered, verdict",
          {{Kind::kRequired, "GROUP", "The group"}, {Kind::kOptional, "SOURCE", "One sender of it"}},
          [](const Invocation& invocation) {
            CallParams params{{"group", invocation.Get("GROUP")}};
            if (invocation.Has("SOURCE")) params["source"] = invocation.Get("SOURCE");
            const auto text = [&](const Json& answer) { return ExplainText(answer, invocation.colour); };
            return Show(invocation, "explain", text, params);
          }};
}

}  // namespace bpfcast
