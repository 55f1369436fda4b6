import './hut.css';

/** A hut on a hill, with a light in the window. */
export function Hut() {
  return (
    <svg className="hut" viewBox="0 0 320 180" role="img" aria-label="A small hut on a hill">
      <circle cx="248" cy="44" r="14" className="hut-moon" />
      <path className="hut-far" d="M0 132c40-34 66-52 92-38 20-26 52-54 84-24 30-16 62 6 84 26 22-8 42 2 60 18v66H0Z" />
      <path className="hut-near" d="M0 150c60-24 116-28 172-18s104 6 148-6v54H0Z" />
      <g className="hut-house">
        <path d="M112 136V98l44-30 44 30v38Z" className="hut-wall" />
        <path d="M104 102 156 66l52 36" className="hut-roof" />
        <path d="M184 84V66h10v25" className="hut-chimney" />
        <rect x="124" y="106" width="18" height="18" rx="2" className="hut-window" />
        <path d="M133 106v18M124 115h18" className="hut-bars" />
        <path d="M160 136v-24a10 10 0 0 1 20 0v24Z" className="hut-door" />
      </g>
      <path className="hut-smoke" d="M189 58c-6-8 8-10 2-20s8-12 4-20" />
      <path className="hut-path" d="M168 137c2 10-10 14-22 20s-20 12-24 23h40c4-16 24-26 20-43Z" />
    </svg>
  );
}
