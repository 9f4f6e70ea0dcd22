#include <algorithm>
#include <random>
#include <string>

#include "config/keys.h"
#include "config/top_keys.h"
#include "fuzz/config_target.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace bpfcast::fuzz {
namespace {

constexpr std::string_view kTomlValues[] = {"true",
                                            "false",
                                            "0",
                                            "1",
                                            "2",
                                            "255",
                                            "0.5",
                                            "1e3",
                                            "\"125s\"",
                                            "\"1.5s\"",
                                            "\"200ms\"",
                                            "\"auto\"",
                                            "\"xdp\"",
                                            "\"tc\"",
                                            "\"off\"",
                                            "\"fib\"",
                                            "\"always\"",
                                            "\"never\"",
                                            "\"kernel\"",
                                            "\"*\"",
                                            "\"eth0\"",
                                            "\"lan1\"",
                                            "\"lan2\"",
                                            "\"239.1.1.1\"",
                                            "\"239.0.0.0/8\"",
                                            "\"10.0.0.1@232.1.1.1\"",
                                            "\"10.0.0.0/8\"",
                                            "\"ffx5::/16\"",
                                            "\"ff3x::/32\"",
                                            "\"ff1e::1\"",
                                            "\"2001:db8::/32\"",
                                            "\"permit 239.0.0.0/8\"",
                                            "\"deny 239.1.0.0/16\"",
                                            "[",
                                            "]",
                                            ",",
                                            " = ",
                                            "\n",
                                            "\n[interface.lan1]\n",
                                            "\n[interface.eth0]\n",
                                            "\n[interface.\"*\"]\n",
                                            "{",
                                            "}",
                                            ".",
                                            "\"",
                                            "\"\"\"",
                                            "'",
                                            "#",
                                            "\\",
                                            "\r\n"};
constexpr std::string_view kIgmpproxyWords[] = {"phyint ",
                                                "eth0 ",
                                                "lan1 ",
                                                "eth0:1 ",
                                                "upstream\n",
                                                "downstream\n",
                                                "disabled\n",
                                                "quickleave\n",
                                                "hashtablesize 32\n",
                                                "defaultdown\n",
                                                "rescanvif\n",
                                                "chroot /tmp\n",
                                                "user root\n",
                                                "ratelimit 0\n",
                                                "threshold 1\n",
                                                "threshold ",
                                                "altnet 10.0.0.0/8\n",
                                                "altnet ",
                                                "whitelist 239.0.0.0/8\n",
                                                "whitelist ",
                                                "blacklist 239.1.0.0/16\n",
                                                "blacklist 10.0.0.0/8\n",
                                                "0.0.0.0/0",
                                                "239.255.255.250/32",
                                                "/",
                                                "0x",
                                                "#",
                                                "\r\n"};

/// [begin, end) of a line, with its end.
std::pair<std::size_t, std::size_t> LineAt(const std::string& text, std::size_t at) {
  const std::size_t before = at == 0 ? std::string::npos : text.rfind('\n', at - 1);
  const std::size_t end = text.find('\n', at);
  return {before == std::string::npos ? 0 : before + 1, end == std::string::npos ? text.size() : end + 1};
}

}  // namespace

std::vector<std::string_view> WordsOf(Grammar grammar) {
  std::vector<std::string_view> words;
  if (grammar == Grammar::kIgmpproxy) {
    words.assign(std::begin(kIgmpproxyWords), std::end(kIgmpproxyWords));
    return words;
  }
  words.assign(std::begin(kTomlValues), std::end(kTomlValues));
  for (const TopKey& key : TopKeys()) words.push_back(key.name);
  for (const InterfaceKey& key : InterfaceKeys()) words.push_back(key.name);
  return words;
}

std::size_t MutateText(std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned seed,
                       std::span<const std::string_view> words) {
  std::minstd_rand random(seed);
  if (size == 0 || random() % 4 == 0) size = LLVMFuzzerMutate(data, size, max_size);
  std::string text(data, data + size);
  const auto below = [&](std::size_t n) { return n == 0 ? 0 : random() % n; };
  for (std::size_t n = 1 + below(3); n > 0; --n) {
    const std::size_t at = below(text.size() + 1);
    const auto [begin, end] = LineAt(text, at);
    switch (random() % 6) {
      case 0:
        text.erase(begin, end - begin);
        break;
      case 1:
        text.insert(LineAt(text, below(text.size() + 1)).first, text.substr(begin, end - begin));
        break;
      case 2: {  // another value for a key
        const std::size_t equals = text.find('=', begin);
        if (equals == std::string::npos || equals >= end) break;
        text.replace(equals + 1, end - equals - 1, " " + std::string(words[below(words.size())]) + "\n");
        break;
      }
      case 3:
        text.insert(begin, std::string(words[below(words.size())]) + " = ");
        break;
      default:
        text.insert(at, words[below(words.size())]);
        break;
    }
  }
  text.resize(std::min(text.size(), max_size));
  std::copy(text.begin(), text.end(), data);
  return text.size();
}

}  // namespace bpfcast::fuzz
