#include "agent/json_writer.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

namespace bpfcast {
namespace {

using Json = nlohmann::ordered_json;

/// One value, as the library writes it.
template <class T>
std::string Written(const T& value) {
  std::string text;
  JsonWriter(text).Value(value);
  return text;
}

TEST(JsonWriter, ValuesAreThoseOfTheLibrary) {
  for (const double number : {0.0, 12.0, 0.001, 1.5, -2.25, 259.999, 1e21, 4294967295.0}) {
    EXPECT_EQ(Json::parse(Written(number)).get<double>(), number);
    EXPECT_TRUE(Json::parse(Written(number)).is_number_float()) << Written(number);
  }
  EXPECT_EQ(Written(-7), "-7");
  EXPECT_EQ(Written(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
  EXPECT_EQ(Written(true), "true");
  EXPECT_EQ(Written(false), "false");
}

TEST(JsonWriter, AnyOctetsBecomeAString) {
  for (const char* text : {"", "lan1", "239.1.2.3", "a\"b", "back\\slash", "line\nend", "\x7f", "\xc3\xa4"}) {
    EXPECT_EQ(Written(text), Json(text).dump());
  }
  EXPECT_EQ(Json::parse(Written("no \xff UTF-8")).get<std::string>(), "no \xef\xbf\xbd UTF-8");
}

TEST(JsonWriter, ObjectsAndArraysNest) {
  std::string text;
  JsonWriter json(text);
  json.BeginArray();
  json.BeginObject();
  json.Field("a", 1);
  json.Key("empty");
  json.BeginArray();
  json.EndArray();
  json.Key("list");
  json.BeginArray();
  json.Value("x");
  json.Null();
  json.BeginObject();
  json.EndObject();
  json.EndArray();
  json.Field("last", true);
  json.EndObject();
  json.Value(2);
  json.EndArray();
  EXPECT_EQ(text, R"([{"a":1,"empty":[],"list":["x",null,{}],"last":true},2])");
}

}  // namespace
}  // namespace bpfcast
