#include "cli/indented.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace bpfcast {
namespace {

using Json = nlohmann::ordered_json;

/// The library's own lines are what is expected.
void ExpectAsTheLibrary(const Json& json) {
  EXPECT_EQ(Indented(json.dump()), json.dump(2));
}

TEST(Indented, LinesAreThoseOfTheLibrary) {
  ExpectAsTheLibrary(Json::object());
  ExpectAsTheLibrary(Json::array());
  ExpectAsTheLibrary(nullptr);
  ExpectAsTheLibrary(-1.5e9);
  ExpectAsTheLibrary(Json::parse(R"([{"a": [], "b": {}, "c": [1, [2, {"d": null}]]}, true, "x"])"));
}

TEST(Indented, WhatStandsInStringsIsLeftAlone) {
  ExpectAsTheLibrary(
      Json::parse(R"({"a{b": "]},:[", "quote": "\"", "slash": "\\", "both": "\\\",", "\n": ""})"));
}

TEST(Indented, TextThatIsCutOffIsNoTrouble) {
  for (const char* text : {"", "[", "{\"a", "{\"a\\", "]", "}}}"}) {
    EXPECT_GE(Indented(text).size(), std::string(text).size());
  }
}

}  // namespace
}  // namespace bpfcast
