#include "cli/indented.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace bpfcast {
namespace {

using Json = nlohmann::ordered_json;

std::string Indented(std::string_view json, std::size_t piece) {
  Indenter indenter;
  std::string text;
  for (std::size_t at = 0; at < json.size(); at += piece) indenter.Add(json.substr(at, piece), text);
  return text;
}

/// The library's own lines are what is expected, wherever the pieces end.
void ExpectAsTheLibrary(const Json& json) {
  const std::string text = json.dump();
  for (std::size_t piece = 1; piece <= text.size(); ++piece) EXPECT_EQ(Indented(text, piece), json.dump(2));
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
    EXPECT_GE(Indented(text, 1).size(), std::string(text).size());
  }
}

}  // namespace
}  // namespace bpfcast
