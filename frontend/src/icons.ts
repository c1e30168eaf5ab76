// Icons of what can be pressed: paths in a box of 16 by 16.

export const RESUME = "M4 2.2v11.6L13.5 8z";
export const APPROVE = "M2.2 8.4l1.6-1.6 2.9 2.9 5.8-6 1.6 1.6-7.4 7.6z";
export const PAUSE = "M3.5 2.5h3.2v11H3.5zM9.3 2.5h3.2v11H9.3z";
export const STEP = "M3 2.5v11L10 8zM11 2.5h2.2v11H11z";
export const STOP = "M3 3h10v10H3z";
export const CLOSE =
  "M3.4 4.5l1.1-1.1L8 6.9l3.5-3.5 1.1 1.1L9.1 8l3.5 3.5-1.1 1.1L8 9.1l-3.5 3.5-1.1-1.1L6.9 8z";
export const SEARCH =
  "M6.8 2a4.8 4.8 0 1 0 2.9 8.6l3.3 3.3 1-1-3.3-3.3A4.8 4.8 0 0 0 6.8 2zM6.8 3.5a3.3 3.3 0 1 1 0 6.6a3.3 3.3 0 1 1 0-6.6z";
export const UNTIL = "M2 7.2h6.2V4l4 4-4 4V8.8H2zM12.8 2.5h1.6v11h-1.6z";
export const BREAK = "M8 3a5 5 0 1 0 0 10a5 5 0 1 0 0-10z";
export const RETRY =
  "M8 2.2a5.8 5.8 0 1 0 5.8 5.8h-1.6A4.2 4.2 0 1 1 8 3.8c1.2 0 2.2.5 3 1.2L9.2 6.8h4.6V2.2l-1.7 1.7A5.8 5.8 0 0 0 8 2.2z";
export const EDIT = "M10.8 2.2l3 3-1.4 1.4-3-3zM8.5 4.5l3 3-6 6H2.5v-3z";
export const SKIP = "M2.2 3v10L8 8zM8.2 3v10L14 8z";
export const REPLACE = "M2 5h8V2.5L14 6H2zM14 11H6v2.5L2 10h12z";
export const OPEN = "M2.5 2.5h11v11h-11zM4 5.5V12h8V5.5z";
export const BACK = "M9.8 2.6L4.4 8l5.4 5.4 1.3-1.3L7 8l4.1-4.1z";
export const WAITING = "M8 1a7 7 0 1 0 0 14a7 7 0 1 0 0-14zM7.2 4h1.6v3.7l2.6 1.6-.8 1.3-3.4-2.1z";
export const MORE = "M3.5 5.5h9L8 11z";
