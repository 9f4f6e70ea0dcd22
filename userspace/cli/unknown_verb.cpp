#include "cli/unknown_verb.h"

#include <algorithm>

#include "config/values.h"

namespace bpfcast {
namespace {

/// The next word that is no option of all verbs; the end where there is none or another option comes first.
std::vector<std::string_view>::const_iterator NextWord(std::vector<std::string_view>::const_iterator word,
                                                       std::vector<std::string_view>::const_iterator end) {
  while (word != end && word->starts_with('-')) {
    if (*word == "--instance" && end - word > 1) {
      ++word;
    } else if (*word != "-j" && *word != "--json" && !word->starts_with("--instance=")) {
      return end;
    }
    ++word;
  }
  return word;
}

/// `verb` of several words as its first one, and the rest.
std::pair<std::string, std::string> Split(const std::string& verb) {
  const std::size_t space = verb.find(' ');
  if (space == std::string::npos) return {verb, ""};
  return {verb.substr(0, space), verb.substr(space + 1)};
}

std::string Unknown(const std::string& before, std::string_view word, const std::vector<std::string>& known) {
  const std::string similar = DidYouMean(word, known);
  return "unknown verb " + Quoted(before + std::string(word)) + (similar.empty() ? ";" : similar) +
         " `bpfcast --help` shows all";
}

}  // namespace

std::optional<std::string> UnknownVerb(const std::vector<std::string_view>& words,
                                       const std::vector<Verb>& verbs) {
  const auto first = NextWord(words.begin(), words.end());
  if (first == words.end()) return std::nullopt;
  std::vector<std::string> firsts;
  std::vector<std::string> seconds;
  for (const Verb& verb : verbs) {
    const auto [one, rest] = Split(verb.name);
    if (one == *first && rest.empty()) return std::nullopt;
    if (one == *first) seconds.push_back(rest);
    firsts.push_back(one);
  }
  if (seconds.empty()) return Unknown("", *first, firsts);
  const auto second = NextWord(first + 1, words.end());
  if (second == words.end() || std::find(seconds.begin(), seconds.end(), *second) != seconds.end()) {
    return std::nullopt;
  }
  return Unknown(std::string(*first) + " ", *second, seconds);
}

}  // namespace bpfcast
