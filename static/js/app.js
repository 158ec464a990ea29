// Entry of the scripts. Every page works without them, except where its template says so.
import * as bell from 'videorama/lib/bell.js';
import * as confirm from 'videorama/lib/confirm.js';
import * as drop from 'videorama/lib/drop.js';
import * as elements from 'videorama/lib/elements.js';
import * as install from 'videorama/lib/install.js';
import * as keyboard from 'videorama/lib/keyboard.js';
import * as live from 'videorama/lib/live.js';
import * as menu from 'videorama/lib/menu.js';
import * as moment from 'videorama/lib/moment.js';
import * as navigation from 'videorama/lib/navigation.js';
import * as refocus from 'videorama/lib/refocus.js';
import * as swap from 'videorama/lib/swap.js';
import * as tabs from 'videorama/lib/tabs.js';
import * as theme from 'videorama/lib/theme.js';
import * as times from 'videorama/lib/times.js';
import * as toast from 'videorama/lib/toast.js';
import * as tray from 'videorama/lib/tray.js';

for (const part of [toast, theme, menu, confirm, keyboard, moment, tabs, navigation, swap, refocus, tray, bell, times, drop, elements, live, install]) part.start();
