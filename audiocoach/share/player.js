// What the page does beyond playing: big buttons, chapters, the words being said, and going on
// where it stopped. Without it the page is a plain player.

import { watchConnection } from "./connection.js";
import { lockScreen, screenOn, sleepTimer } from "./extras.js";

const byId = (id) => document.getElementById(id);
const main = byId("player");
const audio = byId("audio");
const playButton = byId("play");
const seek = byId("seek");
const words = byId("words");
const again = byId("again");

const LENGTH_S = Number(main.dataset.length);
const KEY = `audiocoach ${main.dataset.digest}`;
const INVITATION = words.textContent;
const NEAR_S = 0.05; // players do not stop at exactly the place they are sent to
const LONG_LETTERS = 140;

const clock = (seconds) => {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (number) => String(number).padStart(2, "0");
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
};

// What the other modules know of the player

const player = {
  audio,
  wanted: false, // whether the listener wants it to play, whatever the connection does
  gone: false, // whether the connection is lost
  chapters: [...document.querySelectorAll("#chapters a")].map((link) => ({
    link,
    start: Number(link.dataset.start),
    title: link.querySelector("span").textContent,
  })),
  place: () => audio.currentTime,
  length: () => (audio.duration > 0 && audio.duration < Infinity ? audio.duration : LENGTH_S),
  say: (text) => {
    const status = byId("status");
    if (status.textContent !== text) {
      status.textContent = text;
    }
  },
  go: (seconds) => {
    audio.currentTime = Math.min(Math.max(0, seconds), Math.max(0, player.length() - 0.1));
    player.show();
  },
  start: () => {
    player.wanted = true;
    again.hidden = true;
    if (!player.gone) {
      player.say("");
    }
    player.show();
    audio.play().catch((error) => {
      if (error.name === "NotAllowedError") {
        player.wanted = false;
        player.say("Tap play to go on.");
        player.show();
      } else if (error.name === "NotSupportedError") {
        lost();
      }
    });
  },
  pause: () => {
    player.wanted = false;
    audio.pause();
    player.show();
  },
  chapterAt: (seconds) =>
    player.chapters.filter(({ start }) => start <= seconds + NEAR_S).length - 1,
  previous: () => {
    const index = player.chapterAt(player.place());
    const said = index >= 0 && player.place() - player.chapters[index].start > 3;
    player.go(index < 0 ? 0 : player.chapters[said ? index : Math.max(0, index - 1)].start);
  },
  next: () => {
    const after = player.chapters[player.chapterAt(player.place()) + 1];
    if (after) {
      player.go(after.start);
    }
  },
  show: () => {
    if (!seeking) {
      seek.value = player.place();
      showTime(player.place());
    }
    playButton.classList.toggle("playing", player.wanted);
    playButton.setAttribute("aria-label", player.wanted ? "Pause" : "Play");
    outside.playing(player.wanted);
    showChapter();
    showWords();
  },
};

// What is shown

let seeking = false;
let shownChapter = -2;
let shownCue;

const showTime = (seconds) => {
  const [now, all] = [Math.floor(seconds), Math.floor(player.length())];
  byId("elapsed").textContent = clock(now);
  byId("left").textContent = `${clock(all - now)} left`;
  seek.setAttribute("aria-valuetext", `${clock(now)} of ${clock(all)}`);
  seek.style.setProperty("--done", `${(100 * seconds) / Math.max(1, player.length())}%`);
};

const showChapter = () => {
  const index = player.chapterAt(player.place());
  if (index === shownChapter) {
    return;
  }
  player.chapters[shownChapter]?.link.removeAttribute("aria-current");
  player.chapters[index]?.link.setAttribute("aria-current", "true");
  shownChapter = index;
  const title = player.chapters[index]?.title ?? "";
  byId("chapter").textContent = title;
  outside.chapter(title);
};

// The words that were said last stay, fainter, until the next.
const showWords = () => {
  const cues = audio.textTracks[0]?.cues ?? [];
  const now = player.place() + NEAR_S;
  let [low, high] = [0, cues.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    [low, high] = cues[middle].startTime <= now ? [middle + 1, high] : [low, middle];
  }
  const cue = cues[low - 1] ?? null;
  const over = cue ? now >= cue.endTime : !player.wanted;
  words.classList.toggle("over", over);
  if (cue === null) {
    words.textContent = player.wanted ? "" : INVITATION;
  } else if (cue !== shownCue) {
    words.textContent = cue.getCueAsHTML().textContent.replace(/\s+/g, " ");
  }
  shownCue = cue;
  words.classList.toggle("long", words.textContent.length > LONG_LETTERS);
};

// The place is kept, on this phone only

let keptAt = 0;

const keep = () => {
  keptAt = player.place();
  try {
    if (keptAt > 1) {
      localStorage.setItem(KEY, String(keptAt));
    }
  } catch {
    // a private window keeps nothing
  }
};
const forget = () => {
  try {
    localStorage.removeItem(KEY);
  } catch {
    // the same
  }
};
const kept = () => {
  try {
    return Number(localStorage.getItem(KEY)) || 0;
  } catch {
    return 0;
  }
};

// What the listener and the browser do

playButton.addEventListener("click", () => (player.wanted ? player.pause() : player.start()));
byId("previous").addEventListener("click", player.previous);
byId("next").addEventListener("click", player.next);
again.addEventListener("click", () => {
  player.go(0);
  player.start();
  playButton.focus();
});
for (const { link, start } of player.chapters) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    player.go(start);
    player.start();
  });
}
seek.addEventListener("input", () => {
  seeking = true;
  showTime(Number(seek.value));
});
seek.addEventListener("change", () => {
  seeking = false;
  player.go(Number(seek.value));
});

audio.addEventListener("play", () => {
  player.wanted = true;
  player.show();
});
audio.addEventListener("pause", () => {
  player.wanted = player.wanted && player.gone;
  player.show();
  keep();
});
audio.addEventListener("ended", () => {
  player.wanted = false;
  player.show();
  forget();
});
audio.addEventListener("timeupdate", () => {
  player.show();
  if (Math.abs(player.place() - keptAt) > 3) {
    keep();
  }
});
audio.addEventListener("seeked", player.show);
audio.addEventListener("loadedmetadata", () => {
  seek.max = player.length();
  player.show();
});
addEventListener("pagehide", keep);
document.addEventListener("visibilitychange", () => document.hidden && keep());
if (audio.textTracks[0]) {
  audio.textTracks[0].mode = "hidden";
  audio.textTracks[0].addEventListener("cuechange", showWords);
  audio.querySelector("track").addEventListener("load", showWords);
}

// Begin

const outside = lockScreen(
  player,
  document.querySelector("header img"),
  document.querySelector("h1").textContent,
);
const lost = watchConnection(player, byId("retry"));
sleepTimer(player, byId("sleep"));
screenOn(player, byId("wake"));
document.documentElement.classList.add("scripted");
audio.controls = false;
byId("stage").hidden = false;
byId("extras").hidden = false;
const from = kept();
if (from > 3 && from < LENGTH_S - 5) {
  audio.currentTime = from;
  player.say(`Goes on at ${clock(from)}.`);
  again.hidden = false;
}
player.show();
