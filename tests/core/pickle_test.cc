#include "rtfq/core/pickle.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/core/random.h"
#include "tests/testing/status_matchers.h"

namespace rtfq {
namespace {

using test::StatusIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

using Kind = PickleValue::Kind;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr std::string_view kGlobals[] = {"collections.OrderedDict",
                                         "torch.FloatStorage"};

// A literal with all its bytes, NUL too.
template <size_t kSize>
std::string Raw(const char (&text)[kSize]) {
  return std::string(text, kSize - 1);
}

absl::StatusOr<Pickle> Read(const std::string& stream) {
  return ReadPickle(stream, 0, kGlobals);
}

// The root of a pickle; its text points into `stream`.
PickleValue Value(const std::string& stream) {
  const absl::StatusOr<Pickle> pickle = Read(stream);
  EXPECT_THAT(pickle, test::IsOk()) << stream;
  return pickle.ok() ? (*pickle)[pickle->root] : PickleValue();
}

TEST(ReadPickle, Constants) {
  EXPECT_EQ(Value("N.").kind, Kind::kNone);
  EXPECT_EQ(Value("\x88.").integer, 1);
  EXPECT_EQ(Value("\x89.").kind, Kind::kBool);
  EXPECT_EQ(Value(").").kind, Kind::kTuple);
  EXPECT_EQ(Value("G12345678.").kind, Kind::kFloat);
}

TEST(ReadPickle, Integers) {
  EXPECT_EQ(Value("K\xff.").integer, 255);
  EXPECT_EQ(Value("M\xff\xff.").integer, 65535);
  EXPECT_EQ(Value("J\xfe\xff\xff\xff.").integer, -2);
  EXPECT_EQ(Value(Raw("\x8a\x00.")).integer, 0);
  EXPECT_EQ(Value(Raw("\x8a\x01\xff.")).integer, -1);
  EXPECT_EQ(Value(Raw("\x8a\x02\xff\x00.")).integer, 255);
  EXPECT_EQ(Value(Raw("\x8a\x08\0\0\0\0\0\0\0\x80.")).integer, INT64_MIN);
  const std::string nine = Raw("\x8a\x09\1\2\3\4\5\6\7\x08\x09.");
  const PickleValue longer = Value(nine);
  EXPECT_EQ(longer.kind, Kind::kLongInt);
  EXPECT_EQ(longer.text, "\1\2\3\4\5\6\7\x08\x09");
}

TEST(ReadPickle, TextsPointIntoTheFile) {
  const std::string file = Raw("before\x80\x02X\x03\0\0\0a\nb.behind");
  const Pickle pickle = ReadPickle(file, 6, kGlobals).value();
  EXPECT_EQ(pickle[pickle.root].text, "a\nb");
  EXPECT_EQ(pickle[pickle.root].text.data(), file.data() + 13);
  EXPECT_EQ(pickle.end, file.size() - 6);
  for (const std::string& same :
       {Raw("U\x03xyz."), Raw("T\x03\0\0\0xyz."), Raw("\x8c\x03xyz.")}) {
    EXPECT_EQ(Value(same).text, "xyz");
  }
}

TEST(ReadPickle, Containers) {
  // {(): [1, 2, 3], None: (4, 5)}
  const Pickle pickle = Read("\x80\x02}()](K\1K\2eK\3aNK\4K\5\x86u.").value();
  const PickleValue& dict = pickle[pickle.root];
  EXPECT_EQ(dict.kind, Kind::kDict);
  ASSERT_EQ(dict.items.size(), 4u);
  std::vector<int64_t> list;
  for (const PickleRef ref : pickle[dict.items[1]].items) {
    list.push_back(pickle[ref].integer);
  }
  EXPECT_THAT(list, ElementsAre(1, 2, 3));
  EXPECT_EQ(pickle[dict.items[2]].kind, Kind::kNone);
  EXPECT_EQ(pickle[pickle[dict.items[3]].items[1]].integer, 5);
  EXPECT_EQ(Value("K\1\x85.").items.size(), 1u);
  EXPECT_EQ(Value("K\1K\2K\3\x87.").items.size(), 3u);
  EXPECT_EQ(Value("(K\1NNNt.").items.size(), 4u);
  EXPECT_EQ(Value("}K\1Ns.").items.size(), 2u);
}

TEST(ReadPickle, CallsStayDescriptions) {
  const std::string stream = "ccollections\nOrderedDict\n)R(K\1K\2u}b.";
  const Pickle pickle = Read(stream).value();
  const PickleValue& call = pickle[pickle.root];
  EXPECT_EQ(call.kind, Kind::kCall);
  EXPECT_EQ(pickle[call.callee].text, kGlobals[0]);
  EXPECT_TRUE(pickle[call.arguments].items.empty());
  EXPECT_EQ(call.items.size(), 2u);
  EXPECT_EQ(pickle[call.state].kind, Kind::kDict);
  const Pickle made = Read(
                          "\x8c\x05torch\x8c\x0c"
                          "FloatStorage\x93)\x81.")
                          .value();
  EXPECT_EQ(made[made[made.root].callee].text, kGlobals[1]);
  const Pickle outside = Read("K\7\x85Q.").value();
  const PickleValue& persistent = outside[outside.root];
  EXPECT_EQ(persistent.kind, Kind::kPersistent);
  EXPECT_EQ(outside[persistent.arguments].items.size(), 1u);
}

TEST(ReadPickle, FramesAndMemo) {
  const Pickle pickle =
      Read(Raw("\x80\x04\x95\x09\0\0\0\0\0\0\0](K\1\x94h\0r\xff\0\0\0"
               "j\xff\0\0\0q\1h\1e."))
          .value();
  const std::vector<PickleRef>& items = pickle[pickle.root].items;
  EXPECT_THAT(items, ElementsAre(items[0], items[0], items[0], items[0]));
  EXPECT_EQ(pickle[items[0]].integer, 1);
}

// [x, (x, x), ((x, x), (x, x)), ...]: 40 values that would be 2^40 copies.
TEST(ReadPickle, ReferencesAreNotCopies) {
  std::string stream = Raw("](K\1q\0");
  for (char i = 0; i < 40; ++i) {
    for (int twice = 0; twice < 2; ++twice) stream.append("h").push_back(i);
    stream.append("\x86q").push_back(static_cast<char>(i + 1));
  }
  const Pickle pickle = Read(stream + "e.").value();
  EXPECT_EQ(pickle[pickle.root].items.size(), 41u);
  EXPECT_LT(pickle.values.size(), 50u);
}

struct Bad {
  std::string stream;
  std::string message;
};

class BadPickle : public ::testing::TestWithParam<Bad> {};

TEST_P(BadPickle, IsRefusedByName) {
  EXPECT_THAT(Read(GetParam().stream),
              StatusIs(kInvalid, AllOf(StartsWith("byte "),
                                       HasSubstr(GetParam().message))));
}

INSTANTIATE_TEST_SUITE_P(
    Names, BadPickle,
    ::testing::Values(
        Bad{"\x80\x02"
            "cos\nsystem\nX",
            "byte 2: opcode GLOBAL: 'os.system' is"},
        Bad{"cposix\nsystem\nU\x02id\x85R.", "'posix.system' is not accepted"},
        Bad{"U\x02osU\x06system\x93.", "byte 12: opcode STACK_GLOBAL: 'os.sys"},
        Bad{"ccollections\nOrderedDic\n.", "'collections.OrderedDic' is"},
        Bad{"c__builtin__\neval\n.",
            "accepted are collections.OrderedDict, "
            "torch.FloatStorage"},
        Bad{"cos\nsystem", "byte 0: opcode GLOBAL: no line ends"},
        Bad{"NN\x93.", "takes two texts"}));

INSTANTIATE_TEST_SUITE_P(
    Opcodes, BadPickle,
    ::testing::Values(Bad{"Nios\nsystem\n.", "byte 1: opcode INST is not"},
                      Bad{"(cos\n", "byte 1: opcode GLOBAL"},
                      Bad{"(o.", "opcode OBJ is not accepted"},
                      Bad{"Pid\n.", "opcode PERSID is not accepted"},
                      Bad{"\x82\1.", "opcode EXT1 is not accepted"},
                      Bad{"N2.", "opcode DUP is not accepted"},
                      Bad{"C\1x.", "opcode SHORT_BINBYTES is not accepted"},
                      Bad{"\xff.", "0xff is no opcode of a pickle"},
                      Bad{"\x80\x01N.", "protocol 1 is not accepted; 2 to 5"},
                      Bad{"\x80\x06N.", "protocol 6 is not accepted"}));

INSTANTIATE_TEST_SUITE_P(
    Stack, BadPickle,
    ::testing::Values(Bad{".", "ends with 0 values"},
                      Bad{"NN.", "ends with 2 values"}, Bad{"(.", "1 marks"},
                      Bad{"t.", "takes a mark"},
                      Bad{"N(a", "takes 1 values, but the stack has 0"},
                      Bad{"NNa", "the value below is not a list"},
                      Bad{"](N.", "1 marks"},
                      Bad{"}(Nu.", "a key has no value"},
                      Bad{"](NNu.", "the value below is not a dict"},
                      Bad{"N)R.", "takes a name and a tuple"},
                      Bad{"ctorch\nFloatStorage\nNR.", "a name and a tuple"},
                      Bad{"h\1.", "nothing was remembered as number 1"},
                      Bad{"NNb.", "the value below is not an object"}));

INSTANTIATE_TEST_SUITE_P(
    Length, BadPickle,
    ::testing::Values(Bad{"", "byte 0: truncated"}, Bad{"N", "byte 1: trunc"},
                      Bad{"X\xff\xff\xff\xff"
                          "ab.",
                          "4294967295 bytes are"},
                      Bad{"\x8a\x05"
                          "ab.",
                          "5 bytes are wanted, 3 follow"},
                      Bad{"G1234567", "8 bytes are wanted, 7 follow"},
                      Bad{"\x95.", "opcode FRAME: truncated"},
                      Bad{std::string(300000, '('), "262144 marks"},
                      Bad{std::string(300000, ']'), "262144 values"}));

// Whatever a byte becomes and wherever the end is, there is an answer.
TEST(ReadPickle, DamagedStreamsAreReadOrRefused) {
  const std::string stream =
      Raw("\x80\x02"
          "ccollections\nOrderedDict\n)Rq\0(X\1\0\0\0aq\1"
          "]q\2(K\1J\1\0\0\0\x8a\1\5h\1eU\1b}h\0K\2suh\2}b.");
  for (size_t length = 0; length < stream.size(); ++length) {
    EXPECT_THAT(Read(stream.substr(0, length)), StatusIs(kInvalid)) << length;
  }
  for (int round = 0; round < 2000; ++round) {
    Rng rng = Rng(7).Stream(round);
    std::string damaged = stream;
    for (int64_t i = rng.Below(3); i >= 0; --i) {
      damaged[rng.Below(damaged.size())] = static_cast<char>(rng.Below(256));
    }
    const absl::StatusOr<Pickle> pickle = Read(damaged);
    if (pickle.ok()) {
      EXPECT_LE(pickle->end, damaged.size());
    } else {
      EXPECT_THAT(pickle, StatusIs(kInvalid, StartsWith("byte ")));
    }
  }
}

}  // namespace
}  // namespace rtfq
