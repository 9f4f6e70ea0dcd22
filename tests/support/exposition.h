// A strict reader of Prometheus' text format 0.0.4, for tests of what is given out. Throws on what a reader
// might refuse.
#pragma once

#include <cctype>
#include <charconv>
#include <cmath>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace bpfcast::test {

class Exposition {
 public:
  using Labels = std::map<std::string, std::string>;

  explicit Exposition(const std::string& text) {
    if (!text.empty() && text.back() != '\n') throw std::runtime_error("the last line has no end");
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      line_ = line;
      if (line.starts_with("# HELP ")) {
        Help(std::string_view(line).substr(7));
      } else if (line.starts_with("# TYPE ")) {
        Type(std::string_view(line).substr(7));
      } else {
        Sample(line);
      }
    }
    line_ = text;
    for (const auto& [name, family] : families_) {
      Check(!family.help.empty() && !family.type.empty(), name + " has no HELP or no TYPE");
      Check(!family.samples.empty(), name + " has no samples");
    }
  }

  struct Family {
    std::string help;
    std::string type;
    std::map<Labels, double> samples;
  };
  const std::map<std::string, Family>& families() const { return families_; }
  std::size_t size() const {
    std::size_t samples = 0;
    for (const auto& [name, family] : families_) samples += family.samples.size();
    return samples;
  }
  /// Throws when there is no such series.
  double At(const std::string& name, const Labels& labels) const {
    const auto family = families_.find(name);
    if (family == families_.end()) throw std::runtime_error("no metric " + name);
    const auto sample = family->second.samples.find(labels);
    if (sample == family->second.samples.end()) throw std::runtime_error("no such series of " + name);
    return sample->second;
  }
  /// Those of the family that have these labels among theirs, added up.
  double Sum(const std::string& name, const Labels& some) const {
    const auto family = families_.find(name);
    if (family == families_.end()) throw std::runtime_error("no metric " + name);
    double sum = 0;
    for (const auto& [labels, value] : family->second.samples) {
      bool has_all = true;
      for (const auto& [label, of] : some)
        has_all = has_all && labels.contains(label) && labels.at(label) == of;
      if (has_all) sum += value;
    }
    return sum;
  }

 private:
  void Check(bool right, const std::string& what) const {
    if (!right) throw std::runtime_error(what + ": " + line_.substr(0, 300));
  }
  static bool IsName(std::string_view text, std::string_view also) {
    if (text.empty() || (text[0] >= '0' && text[0] <= '9')) return false;
    for (const char c : text) {
      if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_' && also.find(c) == also.npos)
        return false;
    }
    return true;
  }
  void Help(std::string_view rest) {
    const std::size_t space = rest.find(' ');
    Check(space != rest.npos, "no help");
    current_ = rest.substr(0, space);
    Check(IsName(current_, ":"), "no name");
    Check(!families_.contains(current_), "a second HELP, or lines of one family apart from each other");
    families_[current_].help = rest.substr(space + 1);
  }
  void Type(std::string_view rest) {
    const std::size_t space = rest.find(' ');
    Check(space != rest.npos && rest.substr(0, space) == current_, "TYPE without its HELP");
    Family& family = families_[current_];
    Check(family.type.empty() && family.samples.empty(), "a second TYPE, or one behind samples");
    family.type = rest.substr(space + 1);
    Check(family.type == "counter" || family.type == "gauge", "an unknown type");
    // What Prometheus calls best practice, and OpenMetrics demands.
    Check((family.type == "counter") == current_.ends_with("_total"),
          "counters end in _total, and they alone");
  }
  void Sample(std::string_view line) {
    const std::size_t end = line.find_first_of("{ ");
    Check(end != line.npos, "no value");
    Check(line.substr(0, end) == current_ && !families_[current_].type.empty(),
          "a sample without its family");
    line.remove_prefix(end);
    Labels labels;
    if (line[0] == '{') line = ReadLabels(line.substr(1), labels);
    Check(line.starts_with(' '), "no value");
    line.remove_prefix(1);
    double value = 0;
    const auto [rest, error] = std::from_chars(line.data(), line.data() + line.size(), value);
    Check(error == std::errc() && rest == line.data() + line.size() && std::isfinite(value), "no number");
    Check(value >= 0 || families_[current_].type == "gauge", "a counter below 0");
    Check(families_[current_].samples.emplace(std::move(labels), value).second, "twice the same series");
  }
  std::string_view ReadLabels(std::string_view rest, Labels& labels) {
    for (;;) {
      const std::size_t equals = rest.find('=');
      Check(equals != rest.npos && IsName(rest.substr(0, equals), ""), "no name of a label");
      const std::string name(rest.substr(0, equals));
      rest.remove_prefix(equals + 1);
      Check(rest.starts_with('"'), "a label without quotes");
      rest.remove_prefix(1);
      std::string value;
      while (!rest.empty() && rest[0] != '"') {
        if (rest[0] == '\\') {
          Check(rest.size() > 1 && std::string_view("\\\"n").find(rest[1]) != rest.npos, "no escape");
          value += rest[1] == 'n' ? '\n' : rest[1];
          rest.remove_prefix(2);
        } else {
          value += rest[0];
          rest.remove_prefix(1);
        }
      }
      Check(!rest.empty(), "a label without end");
      rest.remove_prefix(1);
      Check(labels.emplace(name, std::move(value)).second, "twice the same label");
      Check(rest.starts_with(',') || rest.starts_with('}'), "labels without end");
      const bool last = rest[0] == '}';
      rest.remove_prefix(1);
      if (last) return rest;
    }
  }

  std::string line_;
  std::string current_;
  std::map<std::string, Family> families_;
};

}  // namespace bpfcast::test
