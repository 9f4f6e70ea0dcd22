// The reference has every key, and README shows each with its default.
#include "config/reference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/keys.h"
#include "config/printed.h"
#include "config/top_keys.h"

#ifndef BPFCAST_README
#define BPFCAST_README "README.md"  // where it is started at the root of the tree
#endif

namespace bpfcast {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

std::map<std::string, json> Keys() {
  std::map<std::string, json> keys;
  const json all = json::parse(*ReferenceJson(""));
  for (const json& each : all["keys"]) keys[each["key"]] = each;
  return keys;
}

TEST(Reference, HasEveryKeyOfTheParserWithItsMeaningAndItsValues) {
  const auto keys = Keys();
  const std::string page = *ReferenceText("");
  std::size_t count = 0;
  const auto expect = [&](std::string_view name) {
    SCOPED_TRACE(name);
    ++count;
    const auto found = keys.find(std::string(name));
    ASSERT_NE(found, keys.end());
    EXPECT_GE(found->second["text"].get<std::string>().size(), 10u);
    EXPECT_NE(found->second["values"], "");
    EXPECT_THAT(page, HasSubstr("\n" + std::string(name) + " "));
  };
  for (const TopKey& key : TopKeys()) {
    if (key.values != nullptr) expect(key.name);
  }
  for (const InterfaceKey& key : InterfaceKeys()) expect(key.name);
  EXPECT_EQ(count, keys.size());
}

TEST(Reference, SaysWhatAKeyTakesAndWhatItIsByDefault) {
  const auto keys = Keys();
  EXPECT_EQ(keys.at("hook"), json::parse(R"json({"key": "hook", "table": "interface", "section": "packets",
      "text": "where packets that arrive here are taken: in the driver, in TC, or where it works best",
      "values": "\"auto\", \"xdp\" or \"tc\"", "default": "auto", "unit": null, "follows": null, "side": "both",
      "family": "both", "takes_effect": "now"})json"));
  // RFC 9776 8.2, 8.6: 125 s, and a quarter of it.
  EXPECT_EQ(keys.at("query-interval")["default"], 125);
  EXPECT_EQ(keys.at("query-interval")["unit"], "s");
  EXPECT_EQ(keys.at("startup-query-interval")["default"], 31.25);
  EXPECT_EQ(keys.at("startup-query-interval")["follows"], "query-interval");
  EXPECT_EQ(keys.at("fast-leave")["values"], "true, false or \"always\"");
  EXPECT_EQ(keys.at("fast-leave")["default"], false);
  EXPECT_EQ(keys.at("max-groups")["values"], "1 to 1000000");
  EXPECT_EQ(keys.at("boundaries")["default"], json::array());
  EXPECT_THAT(keys.at("boundaries")["default_of_upstream"].dump(), HasSubstr("239.255.255.250"));
  EXPECT_EQ(keys.at("membership")["side"], "upstream");
  EXPECT_EQ(keys.at("ignore-v1")["family"], "ipv4");
  EXPECT_EQ(keys.at("lease")["takes_effect"], "next start");
  EXPECT_EQ(keys.at("upstream")["default"], nullptr);
  EXPECT_EQ(keys.at("allow-groups")["default"], nullptr);
}

TEST(Reference, OneKeyIsShownAlone) {
  const std::string page = *ReferenceText("lease");
  EXPECT_THAT(page, HasSubstr("a duration; default \"300s\"; a change counts at the next start"));
  EXPECT_THAT(page, Not(HasSubstr("upstream")));
  EXPECT_EQ(json::parse(*ReferenceJson("lease"))["keys"].size(), 1u);
}

TEST(Reference, AKeyThatIsNoneIsRefusedWithTheOneThatWasMeant) {
  const auto page = ReferenceText("query-intervall");
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().message, "no key 'query-intervall', did you mean 'query-interval'?");
  EXPECT_FALSE(ReferenceJson("query-intervall"));
}

TEST(Reference, NoLineIsWiderThanAHundredColumns) {
  const std::string page = *ReferenceText("");
  std::string line;
  for (const char c : page) {
    if (c != '\n') {
      line += c;
      continue;
    }
    EXPECT_LE(line.size(), 100u) << line;
    line.clear();
  }
}

/// The block of README that shows every key.
std::string ReadmeBlock() {
  std::ifstream file(BPFCAST_README);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const std::size_t begin = text.find("```toml\n# At the top of the file\n");
  if (begin == std::string::npos) return "";
  const std::size_t first = text.find('\n', begin) + 1;
  return text.substr(first, text.find("\n```\n", first) + 1 - first);
}

TEST(Readme, TheBlockOfAllKeysIsAFileWithoutWarnings) {
  const auto config = ParseConfig(ReadmeBlock(), "README.md");
  ASSERT_TRUE(config) << config.error().front();
  EXPECT_TRUE(config->warnings.empty()) << config->warnings.front();
}

/// The rest of the line that gives `key`, commented out or not.
std::vector<std::string> ValuesIn(const std::string& block, std::string_view key) {
  std::vector<std::string> values;
  for (const std::string& begin : {"\n" + std::string(key) + " = ", "\n# " + std::string(key) + " = "}) {
    for (std::size_t at = block.find(begin); at != std::string::npos; at = block.find(begin, at + 1)) {
      const std::size_t value = at + begin.size();
      values.push_back(block.substr(value, block.find('\n', value) - value));
    }
  }
  return values;
}

TEST(Readme, EachKeyStandsThereOnceWithItsDefault) {
  const std::string block = ReadmeBlock();
  const auto config = ParseConfig(block, "README.md");
  ASSERT_TRUE(config) << config.error().front();
  const Config usual;
  for (const TopKey& key : TopKeys()) {
    if (key.values == nullptr) continue;
    SCOPED_TRACE(key.name);
    EXPECT_EQ(ValuesIn(block, key.name).size(), 1u);
    if (key.read != nullptr) {
      EXPECT_EQ(key.print(*config), key.print(usual));
    }
  }
  for (const InterfaceKey& key : InterfaceKeys()) {
    SCOPED_TRACE(key.name);
    const PortRole role = key.side == KeySide::kUpstream ? PortRole::kUpstream : PortRole::kDownstream;
    const InterfaceConfig& shown =
        role == PortRole::kUpstream ? config->upstream : config->downstreams.front();
    const auto expected = key.print(DefaultInterface(role, {}));
    const auto values = ValuesIn(block, key.name);
    ASSERT_EQ(values.size(), 1u);
    // Without it all are allowed, and so README writes all.
    if (key.name == "allow-groups") {
      EXPECT_THAT(values.front(), HasSubstr("[\"224.0.0.0/4\", \"ff00::/8\"]"));
    } else if (expected) {
      const auto printed = key.print(shown);
      ASSERT_TRUE(printed);
      EXPECT_EQ(printed->items, expected->items);
    }
  }
}

}  // namespace
}  // namespace bpfcast
