#include "rtfq/tools/stop_signal.h"

#include <csignal>

#include "gtest/gtest.h"

namespace rtfq {
namespace {

void (*HandlerOf(int signal))(int) {
  struct sigaction action = {};
  ::sigaction(signal, nullptr, &action);
  return action.sa_handler;
}

TEST(StopSignals, TheFirstAsksAndTheSecondKills) {
  EXPECT_FALSE(StopRequested());
  {
    const StopSignals signals;
    std::raise(SIGTERM);
    EXPECT_TRUE(StopRequested());
    EXPECT_EQ(HandlerOf(SIGTERM), SIG_DFL);
    EXPECT_EQ(HandlerOf(SIGINT), SIG_DFL);
    EXPECT_EXIT(std::raise(SIGINT), ::testing::KilledBySignal(SIGINT), "");
  }
  EXPECT_TRUE(StopRequested());
}

TEST(StopSignals, OthersAreRestored) {
  std::signal(SIGINT, SIG_IGN);
  {
    const StopSignals signals;
    EXPECT_NE(HandlerOf(SIGINT), SIG_IGN);
  }
  EXPECT_EQ(HandlerOf(SIGINT), SIG_IGN);
  std::signal(SIGINT, SIG_DFL);
}

TEST(IgnoreWriteSignals, LetsWritingFailInstead) {
  IgnoreWriteSignals();
  std::raise(SIGPIPE);
  std::raise(SIGXFSZ);
  EXPECT_EQ(HandlerOf(SIGXFSZ), SIG_IGN);
}

}  // namespace
}  // namespace rtfq
