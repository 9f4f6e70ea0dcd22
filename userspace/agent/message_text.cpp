#include "agent/message_text.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <chrono>
#include <variant>

#include "agent/family_words.h"
#include "wire/igmp.h"
#include "wire/mld.h"

namespace bpfcast {
namespace {

/// Of records and of sources; a report may have hundreds.
constexpr std::size_t kShown = 8;

const char* Name(RecordType type) {
  switch (type) {
    case RecordType::kIsIn:
      return "IS_IN";
    case RecordType::kIsEx:
      return "IS_EX";
    case RecordType::kToIn:
      return "TO_IN";
    case RecordType::kToEx:
      return "TO_EX";
    case RecordType::kAllow:
      return "ALLOW";
    case RecordType::kBlock:
      return "BLOCK";
  }
  return "";
}

/// The first of `items` as `text` writes them, and how many there are beside these.
template <class Items, class Text>
std::string List(const Items& items, Text text) {
  std::string list;
  for (std::size_t i = 0; i < std::min(items.size(), kShown); ++i)
    list += (i == 0 ? "" : ", ") + text(items[i]);
  if (items.size() > kShown) list += fmt::format(", and {} more", items.size() - kShown);
  return list;
}

template <class F>
std::string Sources(const std::vector<typename F::Address>& sources) {
  return "{" + List(sources, [](const auto& source) { return source.ToString(); }) + "}";
}

template <class F>
std::string Body(const Query<F>& query) {
  const auto answers = std::chrono::duration<double>(query.max_response_time).count();
  std::string text = query.IsGeneral() ? "general" : query.group.ToString();
  if (!query.sources.empty()) text += " " + Sources<F>(query.sources);
  return fmt::format("{}, answers within {:g} s{}", text, answers,
                     query.suppress_router_processing ? ", S flag" : "");
}

template <class F>
std::string Body(const Report<F>& report) {
  return List(report.records, [](const GroupRecord<F>& record) {
    return fmt::format("{} {} {}", Name(record.type), record.group.ToString(), Sources<F>(record.sources));
  });
}

template <class F>
const char* Kind(const Query<F>&) {
  return "query";
}
template <class F>
const char* Kind(const Report<F>&) {
  return "report";
}

}  // namespace

template <class F>
std::string MessageText(std::span<const std::uint8_t> packet) {
  DropCounters left_out;
  ReceiveRules<F> any;
  any.strict_ttl = false;
  const auto received = Codec<F>::Parse(packet, any, left_out);
  if (!received) {
    return fmt::format("{} packet of {} octets, not taken: {}", F::kName, packet.size(),
                       ToString(received.error().reason));
  }
  return std::visit(
      [&](const auto& message) {
        return fmt::format("{} {} from {}: {}", ProtocolName<F>(message.version), Kind(message),
                           received->source.ToString(), Body(message));
      },
      received->message);
}

template std::string MessageText<Igmp>(std::span<const std::uint8_t>);
template std::string MessageText<Mld>(std::span<const std::uint8_t>);

}  // namespace bpfcast
