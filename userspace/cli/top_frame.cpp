#include "cli/top_frame.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "cli/ansi.h"
#include "cli/counted.h"
#include "cli/human.h"
#include "cli/table.h"
#include "cli/wording.h"

namespace bpfcast {
namespace {

using Json = nlohmann::ordered_json;

std::string Takers(const Json& flow) {
  std::string text;
  for (const Json& port : flow.at("ports")) text += (text.empty() ? "" : ",") + port.get<std::string>();
  return text.empty() ? "-" : text;
}

std::string KeyOf(const Json& flow) {
  return TextOf(flow, "group") + " " + TextOf(flow, "source") + " " + flow.at("arrival").dump();
}

/// What was counted since, in a second. A counter that began anew has counted nothing.
double PerSecond(std::uint64_t now, std::uint64_t before, double seconds) {
  return now > before && seconds > 0 ? static_cast<double>(now - before) / seconds : 0;
}

std::string Rounded(double number) {
  return HumanCount(static_cast<std::uint64_t>(std::round(number)));
}

double ValueOf(const TopStream& stream, TopSort sort) {
  switch (sort) {
    case TopSort::kPackets:
      return stream.packets_per_s;
    case TopSort::kBits:
      return stream.bits_per_s;
    case TopSort::kDrops:
      return stream.drops_per_s;
  }
  return 0;
}

const char* NameOf(TopSort sort) {
  switch (sort) {
    case TopSort::kPackets:
      return "packets/s";
    case TopSort::kBits:
      return "bit/s";
    case TopSort::kDrops:
      return "drops/s";
  }
  return "";
}

}  // namespace

void Top::Add(const Json& status, const Json& flows, double at) {
  const double seconds = at_ ? at - *at_ : 0;
  std::map<std::string, TopStream> streams;
  packets_per_s_ = 0;
  bits_per_s_ = 0;
  for (const Json& flow : flows) {
    const std::string key = KeyOf(flow);
    TopStream stream;
    if (const auto before = streams_.find(key); before != streams_.end()) {
      stream.history = before->second.history;
      stream.drops_per_s = PerSecond(NumberOf(flow, "dropped"), before->second.dropped, seconds);
    }
    stream.group = TextOf(flow, "group");
    stream.source = TextOf(flow, "source");
    stream.from = flow.at("arrival").is_null() ? "-" : TextOf(flow, "arrival");
    stream.to = Takers(flow);
    stream.packets_per_s = flow.at("packets_per_s").get<double>();
    stream.bits_per_s = flow.at("bits_per_s").get<double>();
    stream.dropped = NumberOf(flow, "dropped");
    stream.history.push_back(stream.bits_per_s);
    if (stream.history.size() > kHistory) stream.history.pop_front();
    packets_per_s_ += stream.packets_per_s;
    bits_per_s_ += stream.bits_per_s;
    streams.emplace(key, std::move(stream));
  }
  std::uint64_t drops = 0;
  for (const auto& [reason, packets] : status.at("drops").items()) drops += packets.get<std::uint64_t>();
  if (at_) drops_per_s_ = PerSecond(drops, drops_, seconds);
  drops_ = drops;
  streams_ = std::move(streams);
  at_ = at;
  title_ = fmt::format("bpfcast {}  up {}", TextOf(status, "instance"), SecondsOf(status.at("uptime_s")));
}

std::vector<const TopStream*> Top::Sorted(TopSort sort) const {
  std::vector<const TopStream*> sorted;
  for (const auto& [key, stream] : streams_) sorted.push_back(&stream);
  std::stable_sort(sorted.begin(), sorted.end(), [&](const TopStream* a, const TopStream* b) {
    return ValueOf(*a, sort) > ValueOf(*b, sort);
  });
  return sorted;
}

std::vector<std::string> Top::Frame(TopSort sort, std::size_t width, std::size_t height,
                                    Invocation::Colour colour) const {
  std::vector<std::string> lines;
  lines.push_back(Paint(Tone::kTitle,
                        fmt::format("{}  {}  {} packets/s  {}bit/s  {} drops/s", title_,
                                    HumanCounted(streams_.size(), "stream"), Rounded(packets_per_s_),
                                    HumanScaled(bits_per_s_), drops_per_s_ ? Rounded(*drops_per_s_) : "-"),
                        colour));
  lines.push_back(fmt::format("by {}   p: packets  b: bits  d: drops  q: quit", NameOf(sort)));
  lines.emplace_back();
  constexpr auto kRight = Table::Align::kRight;
  Table table({{"GROUP"},
               {"SOURCE"},
               {"FROM"},
               {"PACKETS/S", kRight},
               {"BIT/S", kRight},
               {"DROPS/S", kRight},
               {"RATE OVER TIME"},
               {"TO"}});
  const std::size_t room = height > lines.size() + 1 ? height - lines.size() - 1 : 0;
  const auto sorted = Sorted(sort);
  for (std::size_t i = 0; i < sorted.size() && i < room; ++i) {
    const TopStream& stream = *sorted[i];
    const std::string drops = Rounded(stream.drops_per_s);
    table.Add({stream.group, stream.source, stream.from, Rounded(stream.packets_per_s),
               HumanScaled(stream.bits_per_s),
               stream.drops_per_s > 0 ? Paint(Tone::kBad, drops, colour) : drops,
               Sparkline(stream.history, kHistory), stream.to});
  }
  const std::string text = table.ToString();
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  if (lines.size() > height) lines.resize(height);
  for (std::string& line : lines) line = Clip(line, width);
  return lines;
}

Json Top::ToJson(TopSort sort) const {
  Json streams = Json::array();
  for (const TopStream* stream : Sorted(sort)) {
    streams.push_back({{"group", stream->group},
                       {"source", stream->source},
                       {"arrival", stream->from == "-" ? Json() : Json(stream->from)},
                       {"packets_per_s", stream->packets_per_s},
                       {"bits_per_s", stream->bits_per_s},
                       {"drops_per_s", stream->drops_per_s}});
  }
  return {{"packets_per_s", packets_per_s_},
          {"bits_per_s", bits_per_s_},
          {"drops_per_s", drops_per_s_ ? Json(*drops_per_s_) : Json()},
          {"streams", std::move(streams)}};
}

std::string Sparkline(const std::deque<double>& values, std::size_t width) {
  constexpr std::array<const char*, 8> kBars = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const std::size_t shown = std::min(values.size(), width);
  std::string line(width - shown, ' ');
  double highest = 0;
  for (const double value : values) highest = std::max(highest, value);
  for (std::size_t i = values.size() - shown; i < values.size(); ++i) {
    const double part = highest > 0 ? values[i] / highest : 0;
    line += kBars[static_cast<std::size_t>(std::lround(part * (kBars.size() - 1)))];
  }
  return line;
}

}  // namespace bpfcast
