#include "config/igmpproxy.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/port_id.h"
#include "config/igmpproxy_lexer.h"
#include "config/igmpproxy_phyint.h"
#include "config/igmpproxy_values.h"
#include "config/values.h"
#include "os/privileges.h"

namespace bpfcast {
namespace {

class Parser {
 public:
  Parser(std::string_view text, const std::string& file)
      : notes_(file), origins_(file), words_(IgmpproxyWords(text, notes_)) {}

  tl::expected<Config, ConfigProblems> Parse();

  enum class Place : std::uint8_t { kFile, kPhyint };
  /// The keywords that stand there.
  static std::vector<std::string> Names(Place place);

 private:
  /// What follows a keyword. A kWord may be any word, the others are never a keyword.
  enum class Argument : std::uint8_t { kNone, kWord, kValue };
  struct Keyword {
    std::string_view name;
    Place place;
    Argument argument;
    std::string_view what;  // the argument, for messages
    void (Parser::*apply)(const ConfigWord& keyword, const ConfigWord& argument);
  };
  static const std::array<Keyword, 15> kKeywords;

  static const Keyword* Find(std::string_view word);

  void ParseKeyword(const Keyword& keyword, const ConfigWord& word);
  /// What belongs to `keyword`; nothing if it is missing, which is a problem then.
  std::optional<ConfigWord> TakeArgument(const Keyword& keyword, const ConfigWord& word);
  void Unknown(const ConfigWord& word);
  void SkipToKeyword();

  void BeginPhyint(const ConfigWord& keyword, const ConfigWord& name);
  void SetRole(const ConfigWord& keyword, const ConfigWord&) { phyints_.back().SetRole(keyword, notes_); }
  void AddAltnet(const ConfigWord&, const ConfigWord& net) { phyints_.back().AddAltnet(net, notes_); }
  void AddWhitelist(const ConfigWord&, const ConfigWord& net) {
    phyints_.back().AddAccess(Access::kPermit, net, notes_);
  }
  void AddBlacklist(const ConfigWord&, const ConfigWord& net) {
    phyints_.back().AddAccess(Access::kDeny, net, notes_);
  }
  void SetThreshold(const ConfigWord&, const ConfigWord& number) {
    phyints_.back().SetThreshold(number, notes_);
  }
  void SetRateLimit(const ConfigWord& keyword, const ConfigWord& number);
  void SetQuickLeave(const ConfigWord& keyword, const ConfigWord&);
  void SetHashTableSize(const ConfigWord& keyword, const ConfigWord& number);
  void SetDefaultDown(const ConfigWord& keyword, const ConfigWord&);
  void AlwaysDone(const ConfigWord& keyword, const ConfigWord&) {
    origins_.NotePlace("", keyword.text, keyword.at);
  }
  void SetChroot(const ConfigWord& keyword, const ConfigWord& path);
  void SetUser(const ConfigWord& keyword, const ConfigWord& name);

  Config Finish();
  void NoteBoundaries(const Phyint& phyint);

  ConfigNotes notes_;
  ConfigOrigins origins_;
  std::vector<ConfigWord> words_;
  std::size_t next_ = 0;
  bool in_phyint_ = false;
  std::vector<Phyint> phyints_;
  bool quick_leave_ = false;
  TextPosition quick_leave_at_;
  bool default_down_ = false;
  std::string user_;
};

const std::array<Parser::Keyword, 15> Parser::kKeywords = {{
    {"phyint", Place::kFile, Argument::kWord, "an interface name", &Parser::BeginPhyint},
    {"quickleave", Place::kFile, Argument::kNone, "", &Parser::SetQuickLeave},
    {"hashtablesize", Place::kFile, Argument::kValue, "a number of bytes", &Parser::SetHashTableSize},
    {"defaultdown", Place::kFile, Argument::kNone, "", &Parser::SetDefaultDown},
    {"rescanvif", Place::kFile, Argument::kNone, "", &Parser::AlwaysDone},
    {"chroot", Place::kFile, Argument::kWord, "a path", &Parser::SetChroot},
    {"user", Place::kFile, Argument::kWord, "a user name", &Parser::SetUser},
    {"upstream", Place::kPhyint, Argument::kNone, "", &Parser::SetRole},
    {"downstream", Place::kPhyint, Argument::kNone, "", &Parser::SetRole},
    {"disabled", Place::kPhyint, Argument::kNone, "", &Parser::SetRole},
    {"ratelimit", Place::kPhyint, Argument::kWord, "a number", &Parser::SetRateLimit},
    {"threshold", Place::kPhyint, Argument::kValue, "a number from 1 to 255", &Parser::SetThreshold},
    {"altnet", Place::kPhyint, Argument::kValue, "a network", &Parser::AddAltnet},
    {"whitelist", Place::kPhyint, Argument::kValue, "a network of groups", &Parser::AddWhitelist},
    {"blacklist", Place::kPhyint, Argument::kValue, "a network of groups", &Parser::AddBlacklist},
}};

const Parser::Keyword* Parser::Find(std::string_view word) {
  const auto found = std::find_if(kKeywords.begin(), kKeywords.end(),
                                  [&](const Keyword& keyword) { return keyword.name == word; });
  return found == kKeywords.end() ? nullptr : &*found;
}

std::vector<std::string> Parser::Names(Place place) {
  std::vector<std::string> names;
  for (const Keyword& keyword : kKeywords) {
    if (keyword.place == place) names.emplace_back(keyword.name);
  }
  return names;
}

tl::expected<Config, ConfigProblems> Parser::Parse() {
  const bool readable = notes_.problem_count() == 0;
  while (readable && next_ < words_.size()) {
    const ConfigWord word = words_[next_++];
    if (const Keyword* keyword = Find(word.text)) {
      ParseKeyword(*keyword, word);
    } else {
      Unknown(word);
    }
  }
  // What is missing may be what was not understood.
  Config config;
  if (notes_.problem_count() == 0) config = Finish();
  if (notes_.problem_count() > 0) return tl::unexpected(notes_.Problems());
  config.warnings = notes_.Warnings();
  return config;
}

void Parser::ParseKeyword(const Keyword& keyword, const ConfigWord& word) {
  if (keyword.place == Place::kFile) {
    in_phyint_ = false;
  } else if (!in_phyint_) {
    notes_.Problem(word.at,
                   Quoted(word.text) + " stands outside of an interface; write it after 'phyint NAME'");
    if (keyword.argument != Argument::kNone && next_ < words_.size() && Find(words_[next_].text) == nullptr) {
      ++next_;
    }
    return;
  }
  ConfigWord argument;
  if (keyword.argument != Argument::kNone) {
    const auto taken = TakeArgument(keyword, word);
    if (!taken) return;
    argument = *taken;
  }
  (this->*keyword.apply)(word, argument);
}

std::optional<ConfigWord> Parser::TakeArgument(const Keyword& keyword, const ConfigWord& word) {
  const std::string needs = Quoted(word.text) + " needs " + std::string(keyword.what);
  if (next_ == words_.size()) {
    notes_.Problem(word.at, needs + ", and the file ends here");
    return std::nullopt;
  }
  const ConfigWord argument = words_[next_];
  if (keyword.argument == Argument::kValue && argument.text.starts_with('=')) {
    notes_.Problem(argument.at, Quoted(word.text) + " takes " + std::string(keyword.what) + " without '='");
    SkipToKeyword();
    return std::nullopt;
  }
  if (Find(argument.text) != nullptr) {
    if (keyword.argument == Argument::kValue) {
      notes_.Problem(word.at, needs + ", and the keyword " + Quoted(argument.text) + " follows");
      return std::nullopt;
    }
    notes_.Warning(argument.at, "the keyword " + Quoted(argument.text) + " is taken as what follows " +
                                    Quoted(word.text) + ", which needs " + std::string(keyword.what));
  }
  ++next_;
  return argument;
}

void Parser::Unknown(const ConfigWord& word) {
  std::vector<std::string> candidates = Names(Place::kFile);
  if (in_phyint_) {
    for (std::string& name : Names(Place::kPhyint)) candidates.push_back(std::move(name));
  }
  if (word.text.find('.') != std::string_view::npos && ParseLooseNetwork(word.text)) {
    notes_.Problem(word.at, Quoted(word.text) +
                                " stands alone; each network needs its own 'altnet', "
                                "'whitelist' or 'blacklist'");
  } else if (std::any_of(word.text.begin(), word.text.end(),
                         [](char c) { return static_cast<unsigned char>(c) >= 0x80; })) {
    notes_.Problem(word.at, Quoted(word.text) +
                                " is no keyword; it contains a character that is not plain ASCII, perhaps a "
                                "no-break space from a web page");
  } else {
    notes_.Problem(word.at, "unknown keyword " + Quoted(word.text) + DidYouMean(word.text, candidates));
  }
  SkipToKeyword();
}

/// One problem for all that it brought with it.
void Parser::SkipToKeyword() {
  while (next_ < words_.size()) {
    const Keyword* keyword = Find(words_[next_].text);
    if (keyword != nullptr && (in_phyint_ || keyword->place == Place::kFile)) return;
    ++next_;
  }
}

void Parser::BeginPhyint(const ConfigWord& keyword, const ConfigWord& name) {
  constexpr std::size_t kMost = 4 * kMaxPorts;  // most of them disabled
  in_phyint_ = true;
  if (phyints_.size() == kMost) {
    notes_.Problem(keyword.at, "more than " + std::to_string(kMost) + " interfaces");
    next_ = words_.size();
    return;
  }
  phyints_.emplace_back(name, default_down_ ? PhyintRole::kDownstream : PhyintRole::kDisabled, notes_);
}

void Parser::SetRateLimit(const ConfigWord& keyword, const ConfigWord& number) {
  const LooseNumber limit = ParseLooseNumber(number.text);
  if (limit.value < 0) {
    notes_.Problem(number.at, "'ratelimit' must be 0 or more, not " + Quoted(number.text));
  } else if (limit.value > 0) {
    notes_.Warning(number.at, "'ratelimit' is not enforced, as Linux never did; use `tc` to limit a stream");
  } else if (limit.exact) {
    origins_.NotePlace("", keyword.text, keyword.at);
  } else {
    notes_.Warning(number.at, Quoted(number.text) + " is no number; taken as 0, no limit");
  }
}

void Parser::SetQuickLeave(const ConfigWord& keyword, const ConfigWord&) {
  quick_leave_ = true;
  quick_leave_at_ = keyword.at;
}

void Parser::SetDefaultDown(const ConfigWord& keyword, const ConfigWord&) {
  if (!default_down_) origins_.NotePlace("", "downstream", keyword.at);
  default_down_ = true;
}

void Parser::SetHashTableSize(const ConfigWord& keyword, const ConfigWord& number) {
  constexpr std::int64_t kLargest = 536870912;
  if (!quick_leave_) {
    return notes_.Problem(keyword.at, "'hashtablesize' must come after 'quickleave'");
  }
  origins_.NotePlace("", keyword.text, keyword.at);
  const LooseNumber size = ParseLooseNumber(number.text);
  if (size.value < 1 || size.value > kLargest) {
    return notes_.Problem(number.at, "'hashtablesize' must be 1 to 536870912, not " + Quoted(number.text));
  }
  if (!size.exact) {
    notes_.Warning(number.at, Quoted(number.text) + " is taken as " + std::to_string(size.value) +
                                  "; hosts are kept one by one, so it changes nothing");
  }
}

void Parser::SetChroot(const ConfigWord& keyword, const ConfigWord&) {
  notes_.Warning(keyword.at,
                 "'chroot' is not done: /proc, /run and /sys/fs/bpf are needed for interfaces that come "
                 "later; use 'user', or a systemd unit with ProtectSystem=strict and PrivateTmp=yes");
}

void Parser::SetUser(const ConfigWord&, const ConfigWord& name) {
  if (const auto known = CheckUser(std::string(name.text)); !known) {
    if (Printable(name.text) != name.text) return notes_.Problem(name.at, known.error().message);
    // The file may be written on one machine for another; bpfcastd itself does not start without the user.
    notes_.Warning(name.at, known.error().message);
  }
  user_ = name.text;
  origins_.NoteReason("", "user", "");
  origins_.NotePlace("", "user", name.at);
}

/// SSDP is not asked for upstream (F-50) unless the file names it, which has no other word for that.
InterfaceConfig AsUpstream(InterfaceConfig config) {
  config.role = PortRole::kUpstream;
  auto& family = config.ipv4;
  std::erase_if(family.upstream.boundaries, [&](const auto& boundary) {
    const auto names_it = [&](const auto& rule) {
      return rule.access == Access::kPermit && rule.group == boundary;
    };
    return std::any_of(family.access().rules.begin(), family.access().rules.end(), names_it);
  });
  return config;
}

Config Parser::Finish() {
  Config config;
  config.user = user_;
  origins_.NoteReason("", "ipv6", "igmpproxy.conf has no word for it");
  if (default_down_) {
    config.default_downstream = DefaultPhyint();
    origins_.NoteReason(kOtherInterfaces, "source-check", kWithoutAltnet);
  }
  std::vector<const Phyint*> served;
  for (const Phyint& phyint : phyints_) {
    if (!phyint.usable()) continue;
    const auto same = std::find_if(served.begin(), served.end(), [&](const Phyint* other) {
      return other->config().name == phyint.config().name;
    });
    if (same != served.end()) {
      notes_.Warning(phyint.at(), Quoted(phyint.config().name) + " is described again; what line " +
                                      std::to_string((*same)->at().line) + " says of it counts");
      continue;
    }
    served.push_back(&phyint);
    origins_.Take(phyint.config().name, phyint.origins());
    switch (phyint.role()) {
      case PhyintRole::kDisabled:
        config.disabled.push_back(phyint.config().name);
        origins_.NotePlace("", "disabled", phyint.at());
        if (!phyint.role_given()) {
          notes_.Warning(phyint.at(), Quoted(phyint.config().name) +
                                          " has no role and is not served; write 'upstream' or 'downstream', "
                                          "or 'disabled' if that is meant");
        }
        break;
      case PhyintRole::kDownstream:
        config.downstreams.push_back(phyint.config());
        origins_.NotePlace("", "downstream", phyint.at());
        break;
      case PhyintRole::kUpstream:
        if (config.upstream.name.empty()) {
          config.upstream = AsUpstream(phyint.config());
          origins_.NotePlace("", "upstream", phyint.at());
          NoteBoundaries(phyint);
          break;
        }
        config.disabled.push_back(phyint.config().name);
        origins_.NotePlace("", "disabled", phyint.at());
        notes_.Warning(phyint.at(), "the upstream " + Quoted(phyint.config().name) + " is not served yet; " +
                                        Quoted(config.upstream.name) + ", the first one, is");
        break;
    }
  }
  if (config.upstream.name.empty()) {
    notes_.Problem({},
                   "no interface is the upstream; write 'phyint NAME upstream' with the interface "
                   "towards the sources");
  }
  if (config.downstreams.size() + 1 > kMaxPorts) {
    notes_.Problem({}, "more than " + std::to_string(kMaxPorts) + " interfaces");
  }
  if (config.downstreams.empty() && !default_down_) {
    notes_.Warning({},
                   "no interface is a downstream, so nothing is forwarded; write 'phyint NAME "
                   "downstream' with the interface towards the receivers");
  }
  if (quick_leave_) {
    const auto set = [&](InterfaceConfig& each, std::string_view name) {
      each.ipv4.downstream.querier.fast_leave = FastLeave::kTracked;
      origins_.NotePlace(name, "fast-leave", quick_leave_at_);
    };
    for (InterfaceConfig& each : config.downstreams) set(each, each.name);
    if (config.default_downstream) set(*config.default_downstream, kOtherInterfaces);
  }
  config.origins = std::move(origins_);
  return config;
}

/// What AsUpstream() takes away a whitelist has named.
void Parser::NoteBoundaries(const Phyint& phyint) {
  const std::string& name = phyint.config().name;
  const ValueOrigin* lists = phyint.origins().Find(name, "group-rules");
  if (lists == nullptr) return;
  for (const TextPosition& at : lists->places) origins_.NotePlace(name, "boundaries", at);
}

}  // namespace

bool LooksLikeIgmpproxyKeyword(std::string_view word) {
  const std::vector<std::string> names = Parser::Names(Parser::Place::kFile);
  return std::find(names.begin(), names.end(), word) != names.end() || !DidYouMean(word, names).empty();
}

tl::expected<Config, ConfigProblems> ParseIgmpproxyConfig(std::string_view text, const std::string& file) {
  return Parser(text, file).Parse();
}

}  // namespace bpfcast
