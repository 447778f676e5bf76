#include "rtfq/tools/environment.h"

#include <cstdio>
#include <cstdlib>

#include "Eigen/Core"
#include "absl/base/config.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/stubs/common.h"

namespace rtfq {
namespace {

std::string GitCommit() {
  if (std::getenv("BUILD_WORKSPACE_DIRECTORY") == nullptr) return "unknown";
  // The shell reads the variable itself: nothing of it is taken for syntax.
  std::FILE* git = ::popen(
      "git -C \"$BUILD_WORKSPACE_DIRECTORY\" describe --always --dirty "
      "--abbrev=40 --exclude='*' 2>/dev/null",
      "r");
  if (git == nullptr) return "unknown";
  char line[128] = "";
  if (std::fgets(line, sizeof(line), git) == nullptr) line[0] = '\0';
  ::pclose(git);
  std::string commit = line;
  absl::StripAsciiWhitespace(&commit);
  return commit.empty() ? "unknown" : commit;
}

}  // namespace

std::string ShellLine(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) {
    if (!line.empty()) line += ' ';
    const bool plain =
        !word.empty() &&
        word.find_first_not_of(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
            "-_=./,:+@%") == std::string::npos;
    line += plain ? word
                  : absl::StrCat(
                        "'", absl::StrReplaceAll(word, {{"'", "'\\''"}}), "'");
  }
  return line;
}

namespace {

// A recipe target's config lies among Bazel's runfiles, under the name it has
// in the checkout; the folder before it says nothing to anybody else.
std::string WithoutRunfiles(const std::string& word) {
  constexpr absl::string_view kFlag = "--config=";
  constexpr absl::string_view kRunfiles = ".runfiles/rtfq/";
  const size_t found = absl::string_view(word).find(kRunfiles);
  if (!absl::StartsWith(word, kFlag) || found == absl::string_view::npos)
    return word;
  return absl::StrCat(kFlag, word.substr(found + kRunfiles.size()));
}

}  // namespace

RunEnvironment DescribeEnvironment(const Engine& engine,
                                   const std::vector<std::string>& command) {
  RunEnvironment environment;
  environment.set_engine(engine.Description());
#ifdef __clang__
  environment.set_compiler(absl::StrCat("clang ", __clang_version__));
#else
  environment.set_compiler(absl::StrCat("g++ ", __VERSION__));
#endif
  environment.add_libraries(absl::StrCat(
      "protobuf ",
      google::protobuf::internal::VersionString(GOOGLE_PROTOBUF_VERSION)));
  environment.add_libraries(absl::StrCat("Eigen ", EIGEN_WORLD_VERSION, ".",
                                         EIGEN_MAJOR_VERSION, ".",
                                         EIGEN_MINOR_VERSION));
#ifdef ABSL_LTS_RELEASE_VERSION
  environment.add_libraries(absl::StrCat("abseil ", ABSL_LTS_RELEASE_VERSION));
#endif
  environment.set_commit(GitCommit());
  // The program's folder is Bazel's, and says nothing to anybody else.
  std::vector<std::string> words = command;
  if (!words.empty()) {
    words[0] = words[0].substr(words[0].find_last_of('/') + 1);
  }
  for (std::string& word : words) word = WithoutRunfiles(word);
  environment.set_command(ShellLine(words));
  return environment;
}

}  // namespace rtfq
